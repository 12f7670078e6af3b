"""`unleak demo`: the whole product in a minute, on embedded parts."""

import time

import click

from unleak.core.errors import RotationError
from unleak.core.install import need


@click.command()
def demo() -> None:
    """Watch a leak being closed: a local AWS account, a running service, a leaked key.

    Needs the extra `demo`. Binds to 127.0.0.1, asks no other machine, and leaves nothing behind.
    """
    need("moto", "demo")
    need("aws_secretsmanager_caching", "demo")
    from unleak.demo.scene import play

    started = time.monotonic()
    counted = play(lambda text: click.secho(text, bold=True))
    click.echo()
    click.secho("6. What the payments service saw:", bold=True)
    click.echo(f"   {counted.calls} calls with {len(counted.keys)} keys, {counted.failed} failed calls")
    click.echo(f"   {time.monotonic() - started:.0f} seconds; nothing is left behind.")
    if counted.failed:
        raise RotationError(f"{counted.failed} calls of the payments service failed.")
