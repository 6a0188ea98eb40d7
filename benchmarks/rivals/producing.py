"""The usual way of events to Kafka: FastAPI, pydantic, and a producer that is flushed before the answer.

Idempotent, acks=all, lz4, keys by user; a batch is acknowledged when all of it is. `python -m
benchmarks.rivals.producing HOST:PORT --port 8001 --workers 2`.
"""

import os

import click
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from fastapi import FastAPI

from benchmarks.rivals.usual import Event, serve

BROKER = "PRODUCING_BROKER"
"""The environment variable by which worker processes find the broker."""
TOPIC = "usual-events"


def create_app() -> FastAPI:
    """The application, with a producer to the broker that the environment names."""
    settings = {"enable.idempotence": True, "acks": "all", "compression.type": "lz4", "linger.ms": 5}
    producer = Producer({"bootstrap.servers": os.environ[BROKER], **settings})
    app = FastAPI(title="The usual producer")

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/events", status_code=202)
    def events(events: list[Event]) -> dict[str, int]:
        for event in events:
            producer.produce(TOPIC, event.__pydantic_serializer__.to_json(event), event.user)
        if left := producer.flush(30):
            raise RuntimeError(f"{left} events were not acknowledged")
        return {"accepted": len(events)}

    return app


@click.command()
@click.argument("broker")
@click.option("--port", default=8001)
@click.option("--workers", default=1)
def main(broker: str, port: int, workers: int) -> None:
    """Send what is posted to the Kafka at BROKER."""
    os.environ[BROKER] = broker
    admin = AdminClient({"bootstrap.servers": broker})
    for made in admin.create_topics([NewTopic(TOPIC, 3)]).values():
        made.result(30)
    serve("producing", port, workers)


if __name__ == "__main__":
    main()
