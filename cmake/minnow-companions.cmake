# minnow::gzip serves the header minnow/io/gzip.hpp and exists where zlib does; minnow::safetensors serves minnow/io/safetensors.hpp
# and exists where nlohmann/json does.
find_package(ZLIB QUIET)
if(ZLIB_FOUND AND NOT TARGET minnow::gzip)
  add_library(minnow::gzip INTERFACE IMPORTED)
  target_link_libraries(minnow::gzip INTERFACE minnow::minnow ZLIB::ZLIB)
endif()
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.8 CONFIG QUIET)
endif()
if(TARGET nlohmann_json::nlohmann_json AND NOT TARGET minnow::safetensors)
  add_library(minnow::safetensors INTERFACE IMPORTED)
  target_link_libraries(minnow::safetensors INTERFACE minnow::minnow nlohmann_json::nlohmann_json)
endif()
