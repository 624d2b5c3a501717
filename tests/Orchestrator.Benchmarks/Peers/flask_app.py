"""The digits model behind Flask.

    MODEL=digits-v1.joblib gunicorn --workers 2 flask_app:app
"""

import os

import numpy
from flask import Flask, jsonify, request

from peer import end_with_parent, load

end_with_parent()
model = load(os.environ["MODEL"])
app = Flask(__name__)


@app.post("/predict")
def predict():
    body = request.get_json()
    return jsonify({"output": int(model.predict(numpy.array([body["input"]], dtype=numpy.float64))[0])})
