"""What the workflow does when a person is impatient."""

from threading import Event
from types import SimpleNamespace

from unleak.rotate import workflow


class Impatient(Event):
    """Ctrl-C is pressed while somebody waits for this, three times; then it happens."""

    pressed = 0

    def wait(self, timeout=None):
        if self.pressed == 3:
            self.set()
            return True
        self.pressed += 1
        raise KeyboardInterrupt


def test_ctrl_c_again_and_again_leaves_no_step_behind_without_its_lock():
    run = SimpleNamespace(stop=Event(), progress=SimpleNamespace(note=lambda text: None))
    ended = Impatient()
    workflow._wait(run, ended)
    assert run.stop.is_set()
    assert ended.is_set()
