// When functions of shared libraries are found.
#pragma once

namespace pollux::ops {

// Has the loader find all functions before the program begins, by running it once more, with LD_BIND_NOW in
// its environment; returns at once where that is set. A function that is found at its first call has all
// vector registers saved on the thread's stack, where a part of a key that was copied just before would stay.
// Where it can't be run once more, as with capabilities of its file, it goes on as it is. Call it first of
// all.
void bind_functions_now(char** argv);

// False: they are found at their first calls.
bool functions_are_bound();

}  // namespace pollux::ops
