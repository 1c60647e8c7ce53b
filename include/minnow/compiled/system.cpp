// The definitions of the functions in minnow/system, for programs that define MINNOW_COMPILED.

#include <minnow/system/impl/bytes.ipp>
#include <minnow/system/impl/check_numbers.ipp>
#include <minnow/system/impl/known_formats.ipp>
#include <minnow/system/impl/quoted.ipp>
#include <minnow/system/impl/reading.ipp>
#include <minnow/system/impl/regular_file.ipp>
#include <minnow/system/impl/watched_file.ipp>
#include <minnow/system/impl/within_memory.ipp>
#include <minnow/system/impl/write_whole.ipp>
