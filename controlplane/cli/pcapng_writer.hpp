// A pcapng file (draft-ietf-opsawg-pcapng) as it grows: section header, an interface per device port,
// packets.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace pollux::cli {

// Little-endian, Ethernet, time stamps in nanoseconds. What is written is a whole file after each call. Texts
// are UTF-8. One thread.
class PcapngWriter {
 public:
  // Writes the section header. `out` must outlive the writer and be in binary mode.
  PcapngWriter(std::ostream& out, std::string_view application, std::string_view comment);

  // A port's first packet brings its interface description. `snap_length`: 0 means all.
  void write_packet(const std::string& port, std::uint32_t snap_length, std::uint64_t time_unix_ns,
                    std::string_view frame, std::uint32_t original_length, std::string_view comment);

  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }  // of the file

 private:
  std::uint32_t interface_of(const std::string& port, std::uint32_t snap_length);
  void write_block(std::uint32_t type, const std::string& body);

  std::ostream& out_;
  std::map<std::string, std::uint32_t> interfaces_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace pollux::cli
