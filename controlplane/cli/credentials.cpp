#include "controlplane/cli/credentials.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace pollux::cli {

namespace {

std::string read_pem(const std::string& option, const std::string& path, const std::string& begins,
                     std::vector<std::string>& problems) {
  if (path.empty()) {
    return "";
  }
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    problems.push_back(option + " " + path + ": " + std::generic_category().message(errno));
  } else if (text.find("-----BEGIN " + begins) == std::string::npos) {
    problems.push_back(option + " " + path + ": holds no " +
                       (begins.empty() ? "private key" : "certificate") + " in PEM");
  }
  return text;
}

}  // namespace

Parsed<Credentials> make_credentials(const TlsOptions& options, const std::string& target) {
  Parsed<Credentials> result;
  if (!options.wanted() || target.rfind("unix:", 0) == 0) {
    result.value.channel = grpc::InsecureChannelCredentials();
    return result;
  }
  if (options.cert.empty() != options.key.empty()) {
    result.problems.push_back("--tls-cert and --tls-key go together: give both or neither");
    return result;
  }
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = read_pem("--tls-ca", options.ca, "CERTIFICATE", result.problems);
  ssl.pem_cert_chain = read_pem("--tls-cert", options.cert, "CERTIFICATE", result.problems);
  ssl.pem_private_key = read_pem("--tls-key", options.key, "", result.problems);
  result.value.channel = grpc::SslCredentials(ssl);
  result.value.server_name = options.server_name;
  return result;
}

}  // namespace pollux::cli
