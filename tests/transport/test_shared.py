"""Shared memory: what it tells, and that nobody can take it away."""

from __future__ import annotations

import mmap
import os

import pytest

from sla_monitor.transport import HostWords, SiteWords
from sla_monitor.transport.shared import MOST_ENDPOINTS


def test_a_site_and_its_collector_see_the_same_words() -> None:
    ours = SiteWords()
    theirs = SiteWords(os.dup(ours.fd))
    theirs.turn(17)
    theirs.begin(3, 1_700_000_000_000)
    theirs.words[SiteWords.CURRENT] = 3
    assert (ours.turned_ms, ours.current) == (17, 3)
    assert list(ours.in_flight(iter((1, 2, 3)))) == [(3, 1_700_000_000_000)]
    theirs.end(3)
    assert list(ours.in_flight(iter((3,)))) == []
    theirs.close()
    ours.close()


def test_a_probe_that_has_begun_since_is_still_in_flight() -> None:
    words = SiteWords()
    words.begin(1, 1000)
    words.begin(1, 2000)
    words.end_of(1, 1000)
    assert list(words.in_flight(iter((1,)))) == [(1, 2000)]
    words.end_of(1, 2000)
    assert list(words.in_flight(iter((1,)))) == []
    words.close()


def test_every_number_has_its_word() -> None:
    words = SiteWords()
    words.begin(MOST_ENDPOINTS - 1, 5)
    assert list(words.in_flight(iter((MOST_ENDPOINTS - 1,)))) == [(MOST_ENDPOINTS - 1, 5)]
    words.close()


@pytest.mark.parametrize("kind", [SiteWords, HostWords])
def test_nobody_can_cut_the_memory_short_under_its_readers(kind: type[SiteWords | HostWords]) -> None:
    """Reading behind the end of a file ends the process (SIGBUS): a site could end the collector."""
    words = kind()
    for size in (0, 1 << 30):
        with pytest.raises(PermissionError):
            os.ftruncate(words.fd, size)
    assert words.words[0] == 0
    words.close()


def test_what_is_known_of_the_witnesses_cannot_be_written_by_a_site() -> None:
    ours = HostWords()
    theirs = HostWords(os.dup(ours.fd))
    with pytest.raises(TypeError):
        theirs.words[HostWords.ONLINE] = 1
    with pytest.raises(PermissionError):
        mmap.mmap(theirs.fd, 24)
    with pytest.raises(PermissionError):
        os.pwrite(theirs.fd, b"12345678", 0)
    again = os.open(f"/proc/self/fd/{theirs.fd}", os.O_RDWR)
    with pytest.raises(PermissionError):
        os.pwrite(again, b"12345678", 0)
    os.close(again)
    ours.words[HostWords.ONLINE] = 7
    assert theirs.online_ms == 7
    theirs.close()
    ours.close()


def test_before_anybody_was_asked_we_are_taken_to_be_online() -> None:
    host = HostWords()
    assert host.is_online
    assert host.asked_ms == 0
    host.close()


def test_the_collector_takes_over_what_the_first_site_finds() -> None:
    host, site = HostWords(), SiteWords()
    site.found(100, 120, is_online=False)
    host.take(site, 200)
    assert (host.asked_ms, host.offline_ms, host.is_online) == (100, 120, False)
    site.found(130, 140, is_online=True)
    host.take(site, 200)
    assert (host.asked_ms, host.offline_ms, host.is_online) == (130, 120, True)
    host.close()
    site.close()


def test_a_new_first_site_that_knows_nothing_yet_changes_nothing() -> None:
    host, first, second = HostWords(), SiteWords(), SiteWords()
    first.found(100, 120, is_online=False)
    host.take(first, 200)
    host.take(second, 200)
    assert (host.asked_ms, host.offline_ms, host.is_online) == (100, 120, False)
    for words in (host, first, second):
        words.close()


def test_a_site_cannot_speak_of_tomorrow() -> None:
    host, site = HostWords(), SiteWords()
    site.found(2**60, 2**60, is_online=False)
    host.take(site, 200)
    assert (host.asked_ms, host.is_online) == (0, True)
    host.close()
    site.close()
