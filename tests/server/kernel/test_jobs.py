"""Periodic jobs: once per period however many try; a failure is written down and ends nothing."""

import threading

from server.kernel.capability import Periodic
from server.kernel.jobs import Scheduler, claim, last_runs, run


def test_one_of_many_claims_a_period(world):
    job = Periodic("j", 60, lambda uow: None)
    won = []
    barrier = threading.Barrier(6)

    def attempt():
        barrier.wait()
        won.append(claim(world.kernel.db, job, world.clock.now()))

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]
    world.clock.advance(seconds=60)
    assert claim(world.kernel.db, job, world.clock.now())


def test_a_failing_job_is_told_and_the_others_run(world):
    ran = []

    def fail(uow):
        raise RuntimeError

    jobs = [Periodic("bad", 60, fail), Periodic("good", 60, ran.append)]
    Scheduler(world.kernel.db, jobs, world.clock).run_due()
    assert len(ran) == 1
    runs = last_runs(world.kernel.db)
    assert (runs["bad"].error, runs["good"].error) == ("RuntimeError", "")
    assert runs["bad"].finished_at == world.clock.now()


def test_a_failing_job_leaves_nothing_half_done(world):
    from server.identity.models import Team  # noqa: PLC0415

    def half(uow):
        uow.session.add(Team(name="halb"))
        uow.session.flush()
        raise RuntimeError

    run(world.kernel.db, Periodic("half", 60, half), world.clock)
    with world.kernel.db.reading() as session:
        assert session.query(Team).filter_by(name="halb").count() == 0


def test_a_clock_set_back_stops_no_job(world):
    job = Periodic("j", 60, lambda uow: None)
    world.clock.advance(days=365)
    assert claim(world.kernel.db, job, world.clock.now())
    world.clock.advance(days=-365)
    assert claim(world.kernel.db, job, world.clock.now())
    assert not claim(world.kernel.db, job, world.clock.now())


def test_a_failing_job_logs_where_and_not_what(world, caplog):
    words = "subject of a mail"

    def fail(uow):
        raise RuntimeError(words)

    run(world.kernel.db, Periodic("bad", 60, fail), world.clock)
    assert "RuntimeError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert words not in caplog.text.replace("words", "")
