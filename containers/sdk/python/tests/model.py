"""The containers that the tests talk to; the option `case` chooses one."""

import threading

from orchestrator_container import Container, LoadError, Model, OptionError, RequestError, RouteResponse, RowErrors, Signature, Tensor

DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BF16", "BYTES"]
container = Container("test")
entered, release = threading.Semaphore(0), threading.Event()


def echo(inputs, context):
    outputs = {name + "_out": array for name, array in inputs.items()}
    if not outputs.keys() >= set(context.outputs):
        raise RequestError("an output without its input was asked for")
    return outputs


def add(inputs, context):
    """Rows that begin with a negative number fail."""
    x = inputs["x"]
    bad = {int(i): "ValueError: negative" for i in (x[:, 0] < 0).nonzero()[0]}
    good = x[[i for i in range(len(x)) if i not in bad]] if bad else x
    outputs = {"sum": good.sum(axis=1), "text": [f"row {v:g}" for v in good[:, 0]]}
    if bad:
        raise RowErrors(bad, outputs)
    return outputs


def returned_errors(inputs, context):
    return RowErrors({0: "first"}, {"sum": inputs["x"].sum(axis=1), "text": ["never seen", *["ok"] * (len(inputs["x"]) - 1)]})


def gate(inputs, context):
    entered.release()
    release.wait()
    return add(inputs, context)


def spin(inputs, context):
    entered.release()
    while not release.is_set():  # holds the interpreter, as a model in pure Python does
        pass
    return add(inputs, context)


def fail(inputs, context):
    raise ZeroDivisionError("broken\nmodel")


def leave(inputs, context):
    raise SystemExit(9)


def refuse(inputs, context):
    raise RequestError("input 'x': I do not like it")


def tell(inputs, context):
    left = context.remaining()
    text = f"{context.traceparent} {context.outputs} {left is not None and 0 < left <= 60} {context.request_id}"
    return {"sum": inputs["x"].sum(axis=1), "text": [text] * context.rows}


def wrong_shape(inputs, context):
    return {"sum": [1.0], "text": ["a"]}


def missing_output(inputs, context):
    return {"sum": inputs["x"].sum(axis=1)}


ADDING = Signature([Tensor("x", "FP64", (-1, 3))], [Tensor("sum", "FP64", (-1,)), Tensor("text", "BYTES", (-1,))])
ECHO_INPUTS = [Tensor(d.lower(), d, (-1, 2)) for d in DATATYPES] + [Tensor("text", "BYTES", (-1,), text=True)]
ECHO = Signature(ECHO_INPUTS, [Tensor(t.name + "_out", t.datatype, t.shape) for t in ECHO_INPUTS], optional=[t.name for t in ECHO_INPUTS])
CASES = {f.__name__: f for f in (add, returned_errors, gate, spin, fail, leave, refuse, tell, wrong_shape, missing_output)}


@container.load
def load(settings):
    case = settings.options.get("case", "add")
    if case == "load_error":
        raise LoadError("no model\nhere, expected one: bring it")
    if case == "load_exception":
        raise KeyError("weights")
    if case == "load_exit":
        raise SystemExit(0)
    if case == "slow_load":
        release.wait()
        case = "add"
    if case == "echo":
        return Model(echo, ECHO)
    if case not in CASES:
        raise OptionError(f"option case is {case!r}, expected one of {', '.join(CASES)}")
    return Model(CASES[case], ADDING, framework="test 1.0", max_batch_size=8, warnings=["old\nmodel"], properties={"own": 1})


@container.route("POST", "/release")
def open_gate(request):
    release.set()
    return {"released": True}


@container.route("GET", "/entered")
def wait_entered(request):
    entered.acquire()
    return "entered"


@container.route("POST", "/mirror")
async def mirror(request):
    return RouteResponse(request.body, 201, "text/x-test", {"X-Query": request.query})


@container.route("GET", "/stream")
def stream(request):
    def chunks():
        yield "one "
        release.wait()
        yield b"two"
    return RouteResponse(chunks(), content_type="text/event-stream")


@container.route("GET", "/broken")
def broken(request):
    raise ValueError("own route")


if __name__ == "__main__":
    container.serve()
