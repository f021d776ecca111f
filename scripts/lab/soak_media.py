"""The media of a soak run: one thread that speaks for all parties, in real time, and hears what they get.

A voice is one party's mouth and ears. What a voice sends while its call is being changed (held, moved, ended)
need not arrive: it is excused, and neither counted as sent nor as heard.
"""

import queue
import select
import struct
import threading
import time
from dataclasses import dataclass, field

from lab import dtmf, rtp
from lab.hostile import MARK
from lab.srtp import NotGenuine

TICK, TICKS_A_PACKET = 0.005, 4  # s; voices speak on one tick of four, a quarter of them on each
CATCH_UP = 0.1  # s; who is later than that lets the time pass, as a phone does whose machine stood still
REPORT_EVERY = 250  # packets: a sender report every 5 s
KEY_SLOTS = 8  # packets of a key press


@dataclass
class Voice:
    """One party; it hears `peer`. says and hears are milliseconds of media in a packet."""

    party: object
    near: bool  # on the stranger's side
    says: int = 20
    hears: int = 20
    payload: int = 160  # bytes
    hears_type: int = 8
    exact: bool = False  # what the peer says comes through bit for bit
    peer: "Voice" = field(default=None, repr=False)
    excused_until: float = 0.0
    loud: bool = False  # it speaks
    key: list = field(default_factory=list)  # packets of a press that are still to be sent, slot by slot
    sent: int = 0
    excused: int = 0
    received: int = 0  # of what the peer hadn't excused
    foreign: int = 0  # what the peer never said
    not_genuine: int = 0
    keys_heard: set = field(default_factory=set)  # by timestamp

    def excuse(self, seconds):
        """What it sends in the next seconds may get lost."""
        self.excused_until = max(self.excused_until, time.monotonic() + seconds)

    def press(self, digit):
        """Slots of RFC 4733 packets; the last one comes three times."""
        ticks = self.party.stream.samples
        self.key = [[(dtmf.event(digit, (slot + 1) * ticks, slot == KEY_SLOTS - 1), slot == 0)] *
                    (3 if slot == KEY_SLOTS - 1 else 1) for slot in range(KEY_SLOTS)]

    def speak(self, now):
        excused = now < self.excused_until
        party, stream = self.party, self.party.stream
        if self.key:
            packets = [dtmf.of_type(stream, payload, dtmf.EVENT_TYPE, marker) for payload, marker in
                       self.key.pop(0)]
            if not self.key:
                stream.timestamp += KEY_SLOTS * stream.samples
        else:
            words = struct.pack("!II", stream.ssrc, stream.sequence & 0xffffffff)
            packets = [stream.next((words * (self.payload // 8 + 1))[:self.payload], self.sent == 0)]
        for packet in packets:
            if sender := getattr(party, "sender", None):
                packet = party.sealed = sender.rtp(packet)
            try:
                party.rtp.sendto(packet, party.to)
            except BlockingIOError:  # the kernel's queue is full: never sent
                excused = True
        self.sent += 1
        self.excused += excused
        if self.sent % REPORT_EVERY == 50:
            party.send_rtcp(rtp.sender_report(stream.ssrc, stream.timestamp & 0xffffffff, self.sent) +
                            rtp.rtcp(rtp.SDES, count=0))

    def hear(self, packet):
        if rtp.is_rtcp(packet):
            return
        if opener := getattr(self.party, "opener", None):
            try:
                packet = opener.rtp(packet)
            except NotGenuine:
                self.not_genuine += 1
                return
        self.received += time.monotonic() >= self.peer.excused_until
        kind = packet[1] & 0x7f
        if kind == dtmf.EVENT_TYPE:
            self.keys_heard.add(packet[4:8])
        elif self.exact:
            said = struct.pack("!I", self.peer.party.stream.ssrc)
            self.foreign += MARK in packet or packet[12:16] != said or packet[18:20] != packet[2:4]
        else:
            self.foreign += kind != self.hears_type

    def share_heard(self):
        """Of what its peer said in its hearing, by time; None where there was too little of it."""
        said = (self.peer.sent - self.peer.excused) * self.peer.says
        return min(1.0, self.received * self.hears / said) if said >= 1000 else None


class Engine(threading.Thread):
    """Turns all voices. Only this thread touches a voice's socket: whoever wants something else asks do()."""

    def __init__(self, stranger=None, hostile_every=100):
        super().__init__(daemon=True, name="media")
        self.stranger, self.hostile_every = stranger, hostile_every
        self.buckets = [[] for _ in range(2 * TICKS_A_PACKET)]
        self.by_socket, self.epoll, self.orders = {}, select.epoll(), queue.SimpleQueue()
        self.done = threading.Event()
        self.sent = self.received = self.hostile = 0
        self.worst_late = self.stood_still = 0.0  # s
        self.fault = None

    def do(self, order):
        """Has the function called by the media thread, and gives what it returns."""
        answer = queue.SimpleQueue()
        self.orders.put((order, answer))
        while self.is_alive():
            try:
                value, error = answer.get(timeout=1)
            except queue.Empty:
                continue
            if error:
                raise error
            return value
        raise RuntimeError(f"the media thread has ended: {self.fault}")

    def add(self, voice):
        """It hears from now on; it speaks once it is loud. Pre: called through do(), as the next ones."""
        self._listen(voice)
        slots = self.buckets if voice.says == 40 else self.buckets[:TICKS_A_PACKET]
        at = min(range(len(slots)), key=lambda slot: len(slots[slot]))
        for slot in range(at, len(self.buckets), TICKS_A_PACKET if voice.says == 20 else len(self.buckets)):
            self.buckets[slot].append(voice)

    def remove(self, voice):
        """And its sockets; also of one that was never added."""
        for slot in self.buckets:
            if voice in slot:
                slot.remove(voice)
        if voice.party.rtp.fileno() in self.by_socket:
            self._forget(voice)
        voice.party.__exit__()

    def rebind(self, voice):
        self._forget(voice)
        voice.party.rebind()
        self._listen(voice)

    def _listen(self, voice):
        udp = voice.party.rtp
        udp.setblocking(False)
        self.by_socket[udp.fileno()] = voice
        self.epoll.register(udp.fileno(), select.EPOLLIN)

    def _forget(self, voice):
        self.epoll.unregister(voice.party.rtp.fileno())
        del self.by_socket[voice.party.rtp.fileno()]

    def run(self):
        try:
            self._turn()
        except Exception as error:  # pylint: disable=broad-except
            self.fault = error
            raise

    def _turn(self):
        start, tick = time.monotonic(), 0
        while not self.done.is_set():
            late = time.monotonic() - start - tick * TICK
            if late < 0:
                time.sleep(-late)
            else:
                self.worst_late = max(self.worst_late, late)
                if late > CATCH_UP:
                    self.stood_still += late
                    start += late
            self._hear_all()
            self._obey()
            self._speak_all(self.buckets[tick % len(self.buckets)])
            tick += 1

    def _obey(self):
        while not self.orders.empty():
            order, answer = self.orders.get()
            try:
                answer.put((order(), None))
            except Exception as error:  # pylint: disable=broad-except
                answer.put((None, error))

    def _speak_all(self, voices):
        now = time.monotonic()
        for voice in voices:
            if voice.loud:
                voice.speak(now)
                self.sent += 1
                if self.stranger and self.sent >= (self.hostile + 1) * self.hostile_every:
                    self.hostile += self.stranger.throw(voice.party, voice.near)

    def _hear_all(self):
        for descriptor, _ in self.epoll.poll(0):
            voice = self.by_socket.get(descriptor)
            for _ in range(16):
                try:
                    packet = voice.party.rtp.recv(4096)
                except BlockingIOError:
                    break
                except ConnectionRefusedError:  # an ICMP error, maybe the stranger's
                    continue
                voice.hear(packet)
                self.received += 1

    def stop(self):
        self.done.set()
        self.join()
        self.epoll.close()
