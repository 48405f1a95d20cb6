"""The service that client and server of these tests agree on, built here and not by a compiler: three calls, two of which
a transcoder offers as REST."""

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "weir.test"
SERVICE = f"{PACKAGE}.Model"
#: Method, the kinds of its ends, and the path of its REST form.
METHODS = [("Say", False, False, "/v1/notes:say"), ("Stream", False, True, "/v1/notes:stream"), ("Talk", True, True, None)]


def file():
    described = descriptor_pb2.FileDescriptorProto(name="model.proto", package=PACKAGE, syntax="proto3")
    described.dependency.append(annotations_pb2.DESCRIPTOR.name)
    for name in ("Prompt", "Said"):
        text = descriptor_pb2.FieldDescriptorProto(
            name="text",
            number=1,
            type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
            label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
        )
        described.message_type.add(name=name).field.append(text)
    service = described.service.add(name="Model")
    for name, takes_many, gives_many, path in METHODS:
        method = service.method.add(name=name, input_type=f".{PACKAGE}.Prompt", output_type=f".{PACKAGE}.Said")
        method.client_streaming, method.server_streaming = takes_many, gives_many
        if path:
            method.options.Extensions[annotations_pb2.http].CopyFrom(http_pb2.HttpRule(post=path, body="*"))
    return described


def described():
    """The descriptors of the service and all that they name."""
    needed = [descriptor_pb2.DESCRIPTOR, http_pb2.DESCRIPTOR, annotations_pb2.DESCRIPTOR]
    files = [descriptor_pb2.FileDescriptorProto.FromString(one.serialized_pb) for one in needed]
    return descriptor_pb2.FileDescriptorSet(file=[*files, file()])


POOL = descriptor_pool.Default()
POOL.Add(file())
DESCRIPTORS = described().SerializeToString()
Prompt, Said = (message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in ("Prompt", "Said"))
