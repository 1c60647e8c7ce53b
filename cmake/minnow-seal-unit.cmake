# cmake -D LD=… -D OBJCOPY=… -D OBJDUMP=… -D ENTRY=<symbol> -D RAW=<object> -D SEALED=<object> -P minnow-seal-unit.cmake
#
# Makes every symbol of an object but one its own. Inline functions and templates are weak symbols in groups, of which a
# linker keeps one for the whole program: a unit compiled for a newer processor would hand its own to all others. So the
# groups are dissolved first, and then all names but the entry's are made local.

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "minnow_dispatch: ${ARGV} failed:\n${said}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

# What runs at the program's start runs on every processor. (Sanitizers and coverage add sections with a number behind.)
run(${OBJDUMP} -h ${RAW})
if(said MATCHES "[ \t]\\.(init_array|ctors)[ \t]")
  message(FATAL_ERROR "minnow_dispatch: ${ENTRY}: the model's header, or one that it includes, defines an object that is "
                      "initialised when the program starts, by code for this level alone: make it constexpr or constinit "
                      "(or leave out <iostream>)")
endif()

run(${LD} -r --force-group-allocation -o ${SEALED}.open ${RAW})
run(${OBJCOPY} --keep-global-symbol=${ENTRY} ${SEALED}.open ${SEALED})
file(REMOVE ${SEALED}.open)
