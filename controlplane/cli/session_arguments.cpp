#include "controlplane/cli/argument_groups.hpp"

namespace pollux::cli {

namespace {

constexpr const char* kCreateFooter = R"(
A leg is ID[,KEY=VALUE...], with these keys, all optional:
  network=NAME              a network of the node; may be left out where it has only one
  remote=ADDRESS:PORT       the party's RTP address as signalled; IPv6 in brackets
  remote-rtcp=ADDRESS:PORT  its RTCP address, where it isn't remote's port + 1
  family=v4|v6              of the local address; default: that of remote
  rtcp-mux                  RTP and RTCP share one port
  direction=sendrecv|sendonly|recvonly|inactive     the party's own wish, as in its SDP
  learning=heuristic|delayed|immediate|off          how its real source is found out
  policy=strict|handover|any                        packets from elsewhere
  stream=preserve|rewrite                           SSRC, sequence and timestamp sent
  dscp=0..63                of the packets sent; default: the network's
  pt=WIRE[:COMMON[@RATE]][/NAME]  payload-type map; several: repeat, or join with +
  sinks=LEG                 who gets what this party sends; several: repeat, or join with +
  codec=NAME[:PT][/RATE[/CHANNELS]][;FMTP]          what the party takes and sends, the best first; media in
                            other codecs is transcoded; several: repeat, or join with +
  ptime=MS                  of what is sent to it: media per packet, 5..120; default: as it comes
  jitter-window=MS          wait for its late packets, 0..500; default: the node's
  silence=noise|nothing     what it is sent while the other party is silent
  dtx                       send it SID frames, comfort noise or nothing in pauses
  rtcp-xr                   send it extended reports (RFC 3611)
  dtmf-send=auto|rfc4733|in-band|sip-info|none      how key presses go to it; default: by its codecs
  dtmf-receive=WAY          in-band, rfc4733 or sip-info: taken from it; with no- in front: not; several: join
                            with +; default: by its codecs
  dtmf-block=drop|silence|tone|random               its key presses are kept from its sinks
  dtmf-guard=MS             hold its audio back, so that tones are cut out whole, 0..100; default: 0
  dtmf-level=DBM0           of key presses sent to it, -36..0; default: -8
  dtmf-keep-audio           audio goes on while an event is sent to it
  srtp-receive=KEY          key of what the party sends; with a key the leg speaks SRTP only
  srtp-send=KEY             key of what is sent to the party
  srtp-receive-roc=N, srtp-send-roc=N               rollover counter to begin with; default: 0
  srtp=passthrough          SRTP goes through untouched and unread

A codec is written as in a=rtpmap and a=fmtp. PT may be left out where RFC 3551 has one (PCMU, GSM, PCMA,
G722, CN, G729). The shell needs quotes for ;FMTP, and an FMTP with a comma needs --file:
  'codec=opus:96;useinbandfec=1+PCMA+telephone-event:101'
  'codec=PCMA+telephone-event:101+red:121;101/101/101'

A KEY is @FILE, a file with the key on its first line, or the key itself, which other users of this machine
can see (ps): SUITE:BASE64[|LIFETIME][|MKI:LENGTH], as in a=crypto, e.g. in single quotes for the shell
  'AES_CM_128_HMAC_SHA1_80:BASE64 of key and salt|2^31|1:4'
Suites: AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AES_256_CM_HMAC_SHA1_32,
AEAD_AES_128_GCM, AEAD_AES_256_GCM, and NULL_HMAC_SHA1_80 where the node allows it.

  polluxctl session create call-1 --leg a,network=outside,remote=192.0.2.7:40000,rtcp-mux \
                                  --leg b,network=inside,remote=10.0.0.5:30000
  polluxctl session create call-2 --leg a,remote=192.0.2.7:40000,srtp-receive=@a.key,srtp-send=@a-send.key \
                                  --leg b,remote=10.0.0.5:30000
  polluxctl session create call-3 --leg a,remote=192.0.2.7:40000,codec=opus:96 \
                                  --leg b,remote=10.0.0.5:30000,codec=PCMA+G729,ptime=20)";

void add_list(CLI::App& session, Options& options) {
  CLI::App* list = session.add_subcommand("list", "Sessions of the node, with MOS and their state in a line");
  auto* limit = list->add_option("--limit", options.list_limit, "Show at most so many (default 100)");
  limit->check(must_be_positive)->type_name("N");
  auto* all = list->add_flag("--all", options.list_all, "Show all of them")->excludes(limit);
  list->add_option("--worst", options.list_worst, "Only the N with the lowest MOS, the worst first")
      ->check(must_be_positive)
      ->type_name("N")
      ->excludes(limit)
      ->excludes(all);
  list->callback([&options] { options.command = Command::kSessionList; });
}

void add_create(CLI::App& session, Options& options) {
  CLI::App* create = session.add_subcommand("create", "Make a session from --leg options or a JSON file");
  create->footer(kCreateFooter);
  create->add_option("id", options.session_ids, "Session id, your choice: 1..128 of [A-Za-z0-9._:@-]")
      ->required()
      ->expected(1)
      ->type_name("TEXT");
  create->add_option("--leg", options.legs, "A leg, see below; repeat for each")
      ->allow_extra_args(false)
      ->type_name("LEG");
  create->add_option("--file", options.spec_file, "SessionSpec as JSON; - reads standard input")
      ->type_name("FILE");
  create
      ->add_option("--media-timeout", options.media_timeout,
                   "Silence that ends the session: 60s, 5min, never")
      ->type_name("TIME");
  create->add_option("--label", options.labels, "A note of yours, e.g. call_id=abc")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  create->callback([&options] { options.command = Command::kSessionCreate; });
}

}  // namespace

void add_session_commands(CLI::App& app, Options& options) {
  CLI::App* session = app.add_subcommand("session", "List, show, create and delete sessions");
  add_list(*session, options);

  CLI::App* show = session->add_subcommand(
      "show", "One session: legs, counters, quality, drops, and a plain verdict per direction");
  show->add_option("id", options.session_ids, "Session id")->required()->expected(1)->type_name("SESSION");
  show->callback([&options] { options.command = Command::kSessionShow; });

  add_create(*session, options);

  CLI::App* remove = session->add_subcommand("delete", "End sessions");
  remove->add_option("id", options.session_ids, "Session ids")->required()->type_name("SESSION");
  remove->callback([&options] { options.command = Command::kSessionDelete; });
}

}  // namespace pollux::cli
