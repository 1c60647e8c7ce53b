# cmake -D LD=… -D OBJCOPY=… -D OBJDUMP=… -D ENTRY=<symbol> -D RAW=<object> -D SEALED=<object> -P minnow-seal-object.cmake
#
# Makes all symbols of an object local except one. Inline functions and templates are weak symbols in section groups,
# and a linker keeps only one copy of each for the whole program. Without this step, other objects could run a copy that
# is compiled for a newer processor. First the groups are dissolved, then all symbols except the entry are made local.

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "minnow_dispatch: ${ARGV} failed:\n${said}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

# Refuse static initializers, because they would run on every processor. The regular expression does not match the
# sections that sanitizers and coverage add, because their names contain a number.
run(${OBJDUMP} -h ${RAW})
if(said MATCHES "[ \t]\\.(init_array|ctors)[ \t]")
  message(FATAL_ERROR "minnow_dispatch: ${ENTRY}: the model's header, or one that it includes, defines an object that is "
                      "initialized when the program starts, by code for this architecture alone: make it constexpr or constinit "
                      "(or leave out <iostream>)")
endif()

run(${LD} -r --force-group-allocation -o ${SEALED}.open ${RAW})
run(${OBJCOPY} --keep-global-symbol=${ENTRY} ${SEALED}.open ${SEALED})
file(REMOVE ${SEALED}.open)
