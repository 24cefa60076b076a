import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis
from rq import Queue
from rq.job import JobStatus
from rq.results import Result
from sqlalchemy import func, select

from notifications.messages import MessageState
from survey_app.demo.mailbox import list_letters, list_texts
from survey_app.extensions import db
from survey_app.jobs import calling, exports, sending, waves
from survey_app.models.clock import ClockBeat
from survey_app.models.messages import Message
from survey_app.models.pulses import Wave, WaveState
from survey_app.processes import clock
from survey_app.processes.broker import NoBroker, prepare_broker
from survey_app.processes.supervisor import ChildProcess, Supervisor
from survey_app.queues import SEND_QUEUE, TASKS, WORK_QUEUE, ring_delivery, ring_work
from survey_app.use_cases.pulses import plan_wave
from tests.factories import mixed_answers

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def broker(broker_url):
    client = Redis.from_url(broker_url)
    client.flushdb()
    yield broker_url
    client.flushdb()
    client.close()


def environment(app, **more):
    settings = app.extensions["pulse_settings"]
    return {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "SECRET_KEY": settings.secret_key,
        "FIELD_KEY": settings.field_key[0],
        **more,
    }


def run_worker(app, queue, **more):
    return subprocess.Popen([sys.executable, "-m", "survey_app", "worker", queue], env=environment(app, **more))


def wait_for(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        holds = condition()
        db.session.rollback()  # a transaction that stays open would lock the others out
        if holds:
            return True
        time.sleep(0.1)
    return False


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_worker_sends_what_it_is_rung_for(studio, demo_peers, broker):
    studio.set_up({"Team A": 6})
    wave = studio.open(opened_at=datetime.now(UTC))
    ring_delivery(broker, wave.messages, datetime.now(UTC))
    settings = demo_peers.settings
    worker = run_worker(
        studio.app,
        "send",
        REDIS_URL=broker,
        SMTP_URL=settings.smtp_url,
        TWILIO_ACCOUNT_SID=settings.twilio_account_sid,
        TWILIO_AUTH_TOKEN=settings.twilio_auth_token,
        TWILIO_MESSAGING_SERVICE_SID=settings.twilio_messaging_service_sid,
        TWILIO_BASE_URL=settings.twilio_base_url,
    )
    accepted = select(func.count()).select_from(Message).where(Message.state == MessageState.ACCEPTED)
    sent = wait_for(lambda: db.session.scalar(accepted) == 6)
    stop(worker)
    assert sent
    assert len(list_letters(demo_peers.folder)) + len(list_texts(demo_peers.folder)) == 6


def test_a_worker_opens_and_closes_waves_and_draws_in_a_forked_job(studio, broker):
    studio.set_up({"Team A": 8})
    first = studio.open()
    first.answer("northtown-team-a", mixed_answers(8))
    second = plan_wave("monthly", "next", label="Next", opens_at=NOW, closes_at=NOW + timedelta(days=1))
    ring_work(broker, "close_wave", first.id, NOW)
    ring_work(broker, "open_wave", second, NOW)
    worker = run_worker(studio.app, "work", REDIS_URL=broker)
    drawn = wait_for(lambda: db.session.get(Wave, first.id, populate_existing=True).charts_drawn_at is not None)
    opened = wait_for(lambda: db.session.get(Wave, second, populate_existing=True).state == WaveState.OPEN)
    stop(worker)
    assert (drawn, opened) == (True, True)


def test_a_worker_runs_nothing_that_is_not_registered(studio, broker, tmp_path):
    connection = Redis.from_url(broker)
    trap = tmp_path / "trap"
    job = Queue(SEND_QUEUE, connection=connection, serializer="json").enqueue("os.system", f"touch {trap}")
    worker = run_worker(studio.app, "send", REDIS_URL=broker)
    refused = wait_for(lambda: job.get_status(refresh=True) == JobStatus.FAILED)
    stop(worker)
    connection.close()
    assert refused
    assert not trap.exists()


def test_a_failing_job_leaves_nothing_of_the_database_in_the_broker(studio, broker):
    connection = Redis.from_url(broker)
    queue = Queue(WORK_QUEUE, connection=connection, serializer="json")
    job = queue.enqueue("survey_app.jobs.waves.close_wave", 4711)
    worker = run_worker(studio.app, "work", REDIS_URL=broker)
    failed = wait_for(lambda: job.get_status(refresh=True) == JobStatus.FAILED)
    stop(worker)
    results = Result.fetch_latest(job, serializer="json")
    connection.close()
    assert failed
    assert "parameters" not in str(results.exc_string if results else "")


def test_every_queue_that_is_named_is_worked_and_every_task_exists():
    assert set(TASKS) == {SEND_QUEUE, WORK_QUEUE}
    registered = {name for names in TASKS.values() for name in names}
    for module in (calling, exports, sending, waves):
        for name in dir(module):
            found = getattr(module, name)
            if callable(found) and getattr(found, "__module__", "") == module.__name__ and not name.startswith("_"):
                registered.discard(f"{module.__name__}.{name}")
    assert registered == set()
    procfile = (Path(__file__).parent.parent.parent / "Procfile").read_text()
    assert all(f"pulse worker {queue}" in procfile for queue in TASKS)


def test_jobs_call_their_use_cases(studio, demo_peers):
    studio.app.extensions["pulse_settings"] = demo_peers.settings
    studio.set_up({"Team A": 6})
    moment = datetime.now(UTC)
    wave_id = plan_wave("monthly", "w", label="June", opens_at=moment, closes_at=moment + timedelta(days=1))
    waves.open_wave(wave_id)
    sending.deliver_messages([str(found) for found in db.session.scalars(select(Message.id))])
    assert set(db.session.scalars(select(Message.state))) == {MessageState.ACCEPTED}
    waves.close_wave(wave_id)
    assert db.session.get(Wave, wave_id).state == WaveState.CLOSED


def test_a_lost_broker_costs_a_page_next_to_nothing(studio, caplog):
    started = time.monotonic()
    ring_work("redis://127.0.0.1:1/0", "close_wave", 1, NOW)
    assert time.monotonic() - started < 0.1
    assert "the clock will ring again" in caplog.text
    ring_work("", "close_wave", 1, NOW)


def test_nobody_waits_for_a_broker_that_takes_calls_and_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        ring_delivery(url, [uuid4()], NOW, urgent=True)
        assert time.monotonic() - started < 0.1


def test_ringing_twice_in_a_slot_rings_once(broker):
    for _ in range(2):
        ring_work(broker, "close_wave", 1, NOW)
    connection = Redis.from_url(broker)
    assert len(Queue(WORK_QUEUE, connection=connection, serializer="json")) == 1
    connection.close()


def test_the_clock_rings_for_everything_that_waits(studio, broker):
    current = replace(studio.app.extensions["pulse_settings"], redis_url=broker)
    studio.set_up({"Team A": 60})
    wave = studio.open()
    plan_wave("monthly", "next", label="Next", opens_at=NOW, closes_at=NOW + timedelta(days=1))

    clock.tick(current, wave.opened_at)

    connection = Redis.from_url(broker)
    queues = {name: Queue(name, connection=connection, serializer="json") for name in TASKS}
    jobs = [job.func_name for queue in queues.values() for job in queue.jobs]
    assert jobs.count("survey_app.jobs.sending.deliver_messages") == 2
    assert jobs.count("survey_app.jobs.waves.open_wave") == 1
    assert db.session.get(ClockBeat, "clock").beat_at == wave.opened_at
    connection.flushdb()
    clock.tick(current, wave.opened_at + timedelta(days=10))
    assert [job.func_name for job in queues[WORK_QUEUE].jobs].count("survey_app.jobs.waves.close_wave") == 1
    connection.close()


def test_a_step_of_the_clock_that_fails_does_not_stop_the_others(studio, caplog, monkeypatch):
    def fail(_current, _now):
        raise RuntimeError("secret")

    monkeypatch.setattr(clock, "_reap", fail)
    clock.tick(studio.app.extensions["pulse_settings"], NOW)
    assert "A step of the clock failed." in caplog.text
    assert "secret" not in caplog.text
    assert db.session.get(ClockBeat, "clock").beat_at == NOW


def test_the_clock_stops_when_it_is_told_to(studio):
    process = subprocess.Popen(
        [sys.executable, "-m", "survey_app", "clock"], env=environment(studio.app, REDIS_URL="redis://127.0.0.1:1/0")
    )
    beat = wait_for(lambda: db.session.get(ClockBeat, "clock", populate_existing=True) is not None)
    stop(process)
    assert beat


def test_the_embedded_broker_has_a_password_a_port_of_its_own_and_no_disk():
    broker = prepare_broker()
    (configuration,) = broker.folder.iterdir()
    text = configuration.read_text()
    assert configuration.stat().st_mode & 0o077 == 0
    assert "requirepass" in text
    assert 'save ""' in text
    assert "bind 127.0.0.1" in text
    assert "6379" not in broker.url
    assert broker.url.split("@")[0].split(":")[-1] not in repr(broker)


def test_without_any_program_the_broker_says_what_to_do(monkeypatch):
    from survey_app.processes import broker

    monkeypatch.setattr(broker.shutil, "which", lambda _: None)
    assert broker.prepare_broker().command[0].endswith("valkey-server")

    def missing():
        raise OSError

    monkeypatch.setattr(broker, "get_binary_path", missing)
    with pytest.raises(NoBroker, match="install valkey-server or redis-server, or set REDIS_URL"):
        broker.prepare_broker()


def child(script, name="child", **more):
    return ChildProcess(name, (sys.executable, "-c", script), **more)


def pids_in(folder):
    return [int(path.name) for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_a_child_that_dies_comes_back_and_all_end_together(tmp_path):
    note = f"import os, time, pathlib; pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch(); time.sleep(60)"
    supervisor = Supervisor()
    supervisor.start(child(note))
    supervisor.start(child(note, "broker", is_shared=True))
    family = threading.Thread(target=_watch, args=(supervisor,))
    family.start()
    assert wait_until(lambda: len(pids_in(tmp_path)) == 2)

    os.kill(pids_in(tmp_path)[0], signal.SIGKILL)

    assert wait_until(lambda: len(pids_in(tmp_path)) == 3)
    supervisor.stopped.set()
    family.join(30)
    assert not [pid for pid in pids_in(tmp_path) if is_alive(pid)]


def _watch(supervisor):
    """As keep_running, but signals belong to the main thread."""
    from survey_app.processes import supervisor as module

    while not supervisor.stopped.wait(0.05):
        for running in supervisor._family:
            module._revive(running)
    supervisor.end()


def wait_until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_child_that_keeps_dying_is_started_later_each_time(monkeypatch):
    from survey_app.processes import supervisor as module

    clock_hand = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock_hand[0])
    running = module._Running(child("raise SystemExit(1)"), module._spawn(child("raise SystemExit(1)")), 1000.0)
    waits = []
    for _ in range(4):
        running.process.wait(10)
        module._revive(running)
        waits.append(running.restart_at - clock_hand[0])
        clock_hand[0] = running.restart_at
        module._revive(running)
    assert waits == [0.5, 1, 2, 4]
    steady = module._Running(running.child, module._spawn(child("import time; time.sleep(60)")), 0.0, wait_seconds=8)
    module._revive(steady)
    assert steady.wait_seconds == 0.5
    steady.process.kill()
    steady.process.wait()
    running.process.wait(10)
