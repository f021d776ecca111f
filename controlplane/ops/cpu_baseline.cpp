// Ends the program with a sentence, instead of SIGILL, on a processor older than it was built for.
//
// Runs before any other code of the program, static initialisers included, as all of that may use
// instructions this processor lacks. This file alone is compiled for the oldest x86-64 there is; it is linked
// into the program itself, never into a library, where an unreferenced object would be left out. It uses no
// C++ library, whose inline functions the linker might take from another file's object.
#include <unistd.h>
#include <cstdlib>
#include <cstring>

namespace {

struct Feature {
  const char* name;
  bool present;
};

void say(const char* text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) {
    _exit(1);  // nobody to tell
  }
}

// Which of the features are missing is said as well: that tells a hypervisor's mask from an old machine.
void check(bool supported, const Feature* features, unsigned count) {
  if (supported) {
    return;
  }
  say("polluxd: this program was built for " POLLUX_CPU_BASELINE " processors, and this one lacks:");
  for (unsigned i = 0; i < count; ++i) {
    if (!features[i].present) {
      say(" ");
      say(features[i].name);
    }
  }
  say("\nUse a newer machine, let the hypervisor pass the processor's features on, or build with "
      "-Dcpu_baseline=x86-64\n");
  _exit(1);
}

__attribute__((constructor(101))) void check_cpu_baseline() {
  __builtin_cpu_init();
  const Feature features[] = {
      {"sse4.2", __builtin_cpu_supports("sse4.2") != 0},
      {"popcnt", __builtin_cpu_supports("popcnt") != 0},
      {"avx", __builtin_cpu_supports("avx") != 0},
      {"avx2", __builtin_cpu_supports("avx2") != 0},
      {"bmi", __builtin_cpu_supports("bmi") != 0},
      {"bmi2", __builtin_cpu_supports("bmi2") != 0},
      {"fma", __builtin_cpu_supports("fma") != 0},
      {"f16c", __builtin_cpu_supports("f16c") != 0},
      {"movbe", __builtin_cpu_supports("movbe") != 0},
      {"lzcnt", __builtin_cpu_supports("lzcnt") != 0},
      {"avx512f", __builtin_cpu_supports("avx512f") != 0},
      {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
      {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
      {"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
  };
  constexpr unsigned kLevel2 = 2;  // how many of them belong to each level
  constexpr unsigned kLevel3 = 10;
  constexpr unsigned kLevel4 = 14;
  if (strcmp(POLLUX_CPU_BASELINE, "x86-64-v2") == 0) {
    check(__builtin_cpu_supports("x86-64-v2") != 0, features, kLevel2);
  } else if (strcmp(POLLUX_CPU_BASELINE, "x86-64-v3") == 0) {
    check(__builtin_cpu_supports("x86-64-v3") != 0, features, kLevel3);
  } else if (strcmp(POLLUX_CPU_BASELINE, "x86-64-v4") == 0) {
    check(__builtin_cpu_supports("x86-64-v4") != 0, features, kLevel4);
  }
}

}  // namespace
