// The definitions of the functions in minnow/files, for programs that define MINNOW_COMPILED.

#include <minnow/files/impl/any_model.ipp>
#include <minnow/files/impl/check_states.ipp>
#include <minnow/files/impl/checkpoint.ipp>
#include <minnow/files/impl/container.ipp>
#include <minnow/files/impl/file_lock.ipp>
#include <minnow/files/impl/mapped_file.ipp>
#include <minnow/files/impl/model_difference.ipp>
#include <minnow/files/impl/model_file.ipp>
#include <minnow/files/impl/network_file.ipp>
#include <minnow/files/impl/probe.ipp>
