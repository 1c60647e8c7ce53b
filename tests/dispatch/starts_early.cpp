#include <string>

/// A string that is too long for the small-string buffer, so that code initializes it before main runs.
std::string starts_early = "initialized at the start of the program, on whatever processor it is";
