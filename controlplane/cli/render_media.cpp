#include "controlplane/cli/render_media.hpp"

#include <algorithm>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/table.hpp"

namespace pollux::cli {

namespace {

// "20", "2.5"
std::string short_decimal(double value) {
  const std::string text = decimal(value, 1);
  return text.size() > 2 && text.substr(text.size() - 2) == ".0" ? text.substr(0, text.size() - 2) : text;
}

std::uint32_t usual_rate(const std::string& encoding) {
  return encoding == "opus" ? 48'000 : 8000;
}

// "PCMA 20 ms", "L16/16000/2 10 ms"
std::string format_text(const v1::MediaFormat& format) {
  const bool odd_rate = format.clock_rate() != usual_rate(format.encoding());
  const bool stereo = format.encoding() != "opus" && format.channels() > 1;
  return printable(format.encoding()) +
         (odd_rate || stereo ? "/" + std::to_string(format.clock_rate()) : "") +
         (stereo ? "/" + std::to_string(format.channels()) : "") +
         (format.ptime_ms() > 0 ? " " + short_decimal(format.ptime_ms()) + " ms" : "");
}

std::string steps_text(const v1::MediaPath& path) {
  if (!path.transcodes()) {
    return path.received().encoding() == path.sent().encoding() ? " → re-packetize → "
                                                                : " → convert byte by byte → ";
  }
  const std::string resample = path.resampled_from_hz() == 0
                                   ? ""
                                   : " → " + short_decimal(path.resampled_from_hz() / 1000.0) + " to " +
                                         short_decimal(path.resampled_to_hz() / 1000.0) + " kHz";
  return " → decode" + resample + " → encode → ";
}

std::string losses_text(const v1::MediaPath& path) {
  std::string out;
  const auto add = [&out](bool some, const std::string& text) {
    out += some ? (out.empty() ? "" : ", ") + text : "";
  };
  add(path.lost() > 0, "lost " + human_count(path.lost()));
  add(path.has_concealed() && seconds_of(path.concealed()) > 0,
      "concealed " + human_duration(seconds_of(path.concealed())));
  add(path.late() > 0, "late " + human_count(path.late()));
  add(path.malformed() > 0, "malformed " + human_count(path.malformed()));
  return out;
}

}  // namespace

std::string codecs_text(const v1::LegSpec& leg) {
  std::string out;
  for (const auto& codec : leg.codecs()) {
    const bool stereo = codec.encoding() != "opus" && codec.channels() > 1;
    const bool odd_rate = codec.clock_rate() != 0 && codec.clock_rate() != usual_rate(codec.encoding());
    out += (out.empty() ? "" : " ") + printable(codec.encoding()) + ":" +
           std::to_string(codec.payload_type()) +
           (odd_rate || stereo ? "/" + std::to_string(codec.clock_rate()) : "") +
           (stereo ? "/" + std::to_string(codec.channels()) : "") +
           (codec.fmtp().empty() ? "" : ";" + printable(codec.fmtp()));
  }
  return out;
}

std::string render_media(const v1::Session& session, const Style& style) {
  std::string out;
  for (const auto& leg : session.state().legs()) {
    for (const auto& path : leg.paths()) {
      out += path.from_leg() + " → " + leg.leg_id() + "  " + format_text(path.received()) + steps_text(path) +
             format_text(path.sent()) + "   delay " + short_decimal(path.delay_ms()) + " ms (window " +
             short_decimal(path.window_ms()) + ")  CPU " + decimal(path.cpu_share() * 100, 1) +
             " %  worker " + std::to_string(path.worker()) + "\n";
      if (const std::string losses = losses_text(path); !losses.empty()) {
        out += "       " + style.paint(Tone::kWarning, losses) + "\n";
      }
    }
  }
  return out;
}

std::string render_codecs(const v1::InfoResponse& info, const Style& style) {
  Table table({{"CODEC"},
               {"DECODING", Align::kRight},
               {"ENCODING", Align::kRight},
               {"CALLS TO PCMA PER CORE", Align::kRight}});
  for (const auto& codec : info.codecs()) {
    table.add(
        {printable(codec.encoding()), human_percent(codec.decode_share()),
         human_percent(codec.encode_share()),
         codec.calls_per_core() > 0 ? human_count(static_cast<std::uint64_t>(codec.calls_per_core())) : "-"});
  }
  return table.empty() ? "" : table.render(style);
}

}  // namespace pollux::cli
