#include "controlplane/cli/pcapng_writer.hpp"

#include <algorithm>
#include <limits>
#include <ostream>

namespace pollux::cli {

namespace {

// Block types (sections 4.1, 4.2, 4.3) and options (3.5 and the blocks' own).
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kUserApplication = 4;
constexpr std::uint16_t kInterfaceName = 2;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint16_t kEthernet = 1;  // LINKTYPE_ETHERNET
constexpr char kNanoseconds = 9;        // 10^-9 s

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

void pad(std::string& out) {
  out.append((4 - out.size() % 4) % 4, '\0');
}

void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  value = value.substr(0, std::numeric_limits<std::uint16_t>::max());
  put<std::uint16_t>(out, code);
  put<std::uint16_t>(out, static_cast<std::uint16_t>(value.size()));
  out += value;
  pad(out);
}

void end_options(std::string& out) {
  put<std::uint32_t>(out, 0);
}

}  // namespace

PcapngWriter::PcapngWriter(std::ostream& out, std::string_view application, std::string_view comment)
    : out_(out) {
  std::string body;
  put<std::uint32_t>(body, kByteOrderMagic);
  put<std::uint16_t>(body, 1);  // version 1.0
  put<std::uint16_t>(body, 0);
  put<std::uint64_t>(body, ~std::uint64_t{0});  // length of the section: not known
  if (!comment.empty()) {
    put_option(body, kComment, comment);
  }
  put_option(body, kUserApplication, application);
  end_options(body);
  write_block(kSectionHeader, body);
  out_.flush();
}

void PcapngWriter::write_packet(const std::string& port, std::uint32_t snap_length,
                                std::uint64_t time_unix_ns, std::string_view frame,
                                std::uint32_t original_length, std::string_view comment) {
  std::string body;
  put<std::uint32_t>(body, interface_of(port, snap_length));
  put<std::uint32_t>(body, static_cast<std::uint32_t>(time_unix_ns >> 32));
  put<std::uint32_t>(body, static_cast<std::uint32_t>(time_unix_ns));
  put<std::uint32_t>(body, static_cast<std::uint32_t>(frame.size()));
  put<std::uint32_t>(body, std::max(original_length, static_cast<std::uint32_t>(frame.size())));
  body += frame;
  pad(body);
  if (!comment.empty()) {
    put_option(body, kComment, comment);
    end_options(body);
  }
  write_block(kEnhancedPacket, body);
  ++packets_;
}

std::uint32_t PcapngWriter::interface_of(const std::string& port, std::uint32_t snap_length) {
  const auto [it, is_new] = interfaces_.try_emplace(port, static_cast<std::uint32_t>(interfaces_.size()));
  if (is_new) {
    std::string body;
    put<std::uint16_t>(body, kEthernet);
    put<std::uint16_t>(body, 0);
    put<std::uint32_t>(body, snap_length);
    put_option(body, kInterfaceName, port);
    put_option(body, kTimeResolution, std::string_view(&kNanoseconds, 1));
    end_options(body);
    write_block(kInterfaceDescription, body);
  }
  return it->second;
}

void PcapngWriter::write_block(std::uint32_t type, const std::string& body) {
  const auto length = static_cast<std::uint32_t>(body.size() + 12);
  std::string block;
  put<std::uint32_t>(block, type);
  put<std::uint32_t>(block, length);
  block += body;
  put<std::uint32_t>(block, length);
  out_.write(block.data(), static_cast<std::streamsize>(block.size()));
  bytes_ += block.size();
}

}  // namespace pollux::cli
