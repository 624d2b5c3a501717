"""What a model takes and gives: named tensors. Needs no numpy, so that an author's file starts fast."""

from dataclasses import dataclass, field

DATATYPES = ("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BF16", "BYTES")
MAX_RANK = 16


@dataclass(frozen=True)
class Tensor:
    """One input or output. Dimension 0 of the shape is the batch; -1 is a variable dimension.

    text: an input of BYTES arrives as `str` instead of `bytes`; a caller who sends no valid UTF-8 gets a 400.
    """

    name: str
    datatype: str
    shape: tuple
    text: bool = False

    def __post_init__(self):
        shape = tuple(self.shape)
        object.__setattr__(self, "shape", shape)
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"a tensor's name is {self.name!r}, expected a non-empty string")
        if self.datatype not in DATATYPES:
            raise ValueError(f"tensor '{self.name}': datatype {self.datatype!r}, expected one of {', '.join(DATATYPES)}")
        if not 1 <= len(shape) <= MAX_RANK or any(type(d) is not int or d == 0 or d < -1 for d in shape):
            raise ValueError(f"tensor '{self.name}': shape {list(shape)}, expected 1 to {MAX_RANK} dimensions, each -1 or at least 1")

    def describe(self):
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


@dataclass(frozen=True)
class Signature:
    """optional: names of inputs that a request may leave out; they are then absent from the batch function's inputs.
    alternatives: further sets of inputs that are accepted in place of `inputs`; they are not listed in the metadata.
    """

    inputs: tuple
    outputs: tuple
    optional: tuple = ()
    alternatives: tuple = ()

    def __post_init__(self):
        for name in ("inputs", "outputs", "optional"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "alternatives", tuple(tuple(a) for a in self.alternatives))
        for tensors in (self.inputs, self.outputs, *self.alternatives):
            names = [t.name for t in tensors]
            if not names or len(set(names)) != len(names):
                raise ValueError(f"tensor names are {names}, expected at least one and no name twice")
        unknown = set(self.optional) - {t.name for t in self.inputs}
        if unknown:
            raise ValueError(f"optional inputs {sorted(unknown)} are not inputs of the signature")


@dataclass(frozen=True)
class Model:
    """What loading gives: the signature and the batch function `predict(inputs, context) -> outputs`.

    max_batch_size: the largest number of rows one call may have; None for no limit.
    warnings: shown to users on the model.
    """

    predict: object
    signature: Signature
    framework: str = ""
    max_batch_size: int = None
    warnings: tuple = ()
    properties: dict = field(default_factory=dict)

    def describe_properties(self, concurrency):
        properties = {"concurrency": str(concurrency)}
        if self.max_batch_size is not None:
            properties["max_batch_size"] = str(self.max_batch_size)
        if self.framework:
            properties["framework"] = self.framework
        if self.warnings:
            properties["warnings"] = "\n".join(" ".join(w.split()) for w in self.warnings)
        if self.signature.optional:
            properties["optional_inputs"] = ",".join(self.signature.optional)
        properties.update({str(k): str(v) for k, v in self.properties.items()})
        return properties
