#include <cerrno>
#include <cstring>
#include <fstream>

#include "controlplane/config/config_loader.hpp"
#include "controlplane/ng/gateway_config.hpp"

namespace pollux::ng {

GatewayResult load_gateway_file(const std::string& path) {
  const auto refused = [&path](std::string why) {
    return GatewayResult{std::nullopt, {{path, 0, "", std::move(why)}}};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(config::kLongestConfigFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad()) {
    return refused(std::string("cannot be read: ") + std::strerror(errno != 0 ? errno : EIO));
  }
  if (text.size() > config::kLongestConfigFile) {
    return refused("is longer than " + std::to_string(config::kLongestConfigFile) +
                   " bytes; this is no configuration");
  }
  try {
    return load_gateway_text(text, path);
  } catch (const std::exception& error) {  // lack of memory, or a fault of the YAML library
    return refused(std::string("cannot be read: ") + error.what());
  }
}

}  // namespace pollux::ng
