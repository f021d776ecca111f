#include "controlplane/ng/message.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

std::string error_of(const std::string& payload) {
  return read_request(payload).error;
}

TEST(Message, CookieAndPayload) {
  const auto message = split_message("1_2_3 d7:command4:pinge");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->cookie, "1_2_3");
  EXPECT_EQ(message->payload, "d7:command4:pinge");
}

TEST(Message, WithoutACookieThereIsNoMessage) {
  EXPECT_FALSE(split_message(""));
  EXPECT_FALSE(split_message("d7:command4:pinge"));
  EXPECT_FALSE(split_message(" d7:command4:pinge"));
  EXPECT_FALSE(split_message(std::string(kLongestCookie + 1, 'x') + " de"));
  EXPECT_TRUE(split_message(std::string(kLongestCookie, 'x') + " de"));
}

TEST(Message, ErrorsOfFormatHaveTheirTexts) {
  EXPECT_EQ(error_of(""), "Invalid data (no payload)");
  EXPECT_EQ(error_of("d7:command"), "Could not decode bencode dictionary");
  EXPECT_EQ(error_of("{\"command\""), "Failed to parse JSON document");
  EXPECT_EQ(error_of("l7:commande"), "Invalid NG data format");
  EXPECT_EQ(error_of("x"), "Invalid NG data format");
  EXPECT_EQ(error_of("de"), "Dictionary contains no key \"command\"");
  EXPECT_EQ(error_of("{}"), "Dictionary contains no key \"command\"");
  EXPECT_EQ(error_of("d7:commandlee"), "Dictionary contains no key \"command\"");
  EXPECT_EQ(error_of("d7:command4:pinge"), "");
}

TEST(Message, ReplyHasTheCookieAndTheEncodingOfTheRequest) {
  EXPECT_EQ(read_request("d7:command4:pinge").encoding, Encoding::kBencode);
  EXPECT_EQ(read_request("{\"command\":\"ping\"}").encoding, Encoding::kJson);
  EXPECT_EQ(print_reply("7", Encoding::kBencode, {{"result", "pong"}}), "7 d6:result4:ponge");
  EXPECT_EQ(print_reply("7", Encoding::kJson, {{"result", "pong"}}), "7 {\"result\":\"pong\"}");
  EXPECT_EQ(print_reply("7", Encoding::kJson, error_reply("why")),
            "7 {\"result\":\"error\",\"error-reason\":\"why\"}");
}

// What a growing text leaves behind nobody wipes.
TEST(Message, AReplyIsPrintedIntoMemoryOfItsLength) {
  const std::string sdp(5000, '"');
  for (const Encoding encoding : {Encoding::kBencode, Encoding::kJson}) {
    const std::string reply = print_reply("7", encoding, {{"result", "ok"}, {"sdp", sdp}});
    EXPECT_EQ(reply.capacity(), reply.size());
  }
}

}  // namespace
}  // namespace pollux::ng
