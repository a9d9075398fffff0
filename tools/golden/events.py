"""Makes data/golden/events/scalars: an event file as TensorBoard's own writer frames it.

    python3 -m venv VENV && VENV/bin/pip install tensorboard==2.21.0
    VENV/bin/python tools/golden/events.py
"""
import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FOLDER = pathlib.Path(__file__).parents[2] / "data/golden/events"
FOLDER.mkdir(parents=True, exist_ok=True)

values = [Summary.Value(tag="loss/train", simple_value=0.25), Summary.Value(tag="error_rate/dev", simple_value=-1.5)]
with open(FOLDER / "scalars", "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1.5, file_version="brain.Event:2").SerializeToString())
    writer.write(Event(wall_time=2.75, step=300, summary=Summary(value=values)).SerializeToString())
