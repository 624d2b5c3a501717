"""Draws one held-out digit in the terminal, asks the running cluster what it is, and prints the answer.

    python3 samples/digits/ask.py [URL] [INDEX]
"""

import json
import pathlib
import random
import sys
import time
import urllib.error
import urllib.request

SHADES = "  ░░▒▒▓▓██"


def draw(image):
    for row in range(8):
        pixels = image[row * 8 : row * 8 + 8]
        print("    " + "".join(SHADES[min(len(SHADES) - 1, int(p) * len(SHADES) // 17)] * 2 for p in pixels))


def ask(url, image):
    request = urllib.request.Request(url, json.dumps({"input": image}).encode(), {"Content-Type": "application/json"})
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"POST {url} was answered with {error.code}: {error.read().decode(errors='replace')}")
    except OSError as error:
        sys.exit(f"POST {url} failed: {error}\nIs the cluster running? Start it with: bash deploy/quickstart.sh")
    return json.loads(body), time.perf_counter() - started


def main():
    url = (sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:1337").rstrip("/") + "/digits/predict"
    held_out = json.loads((pathlib.Path(__file__).parent / "models" / "held-out.json").read_text())
    index = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(len(held_out["images"]))
    image, label = held_out["images"][index], held_out["labels"][index]
    print(f"\n  digit {index} of {len(held_out['images'])} that no model has seen:\n")
    draw(image)
    answer, took = ask(url, image)
    print(f"\n  answer: {answer['output']}   (written as {label}; {1000 * took:.1f} ms)")
    print(f"  {json.dumps(answer)}")


main()
