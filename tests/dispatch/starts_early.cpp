#include <string>

/// Too long to be kept in place: made by code, before main.
std::string starts_early = "initialised at the start of the program, on whatever processor it is";
