# For projects that build WAMR as a part of themselves: set WAMR_ROOT_DIR to where Graver is installed, and include this as
# before. The library is compiled already, so variables that choose parts of it choose nothing; those that ask for what it does
# not have are named in a warning.
get_filename_component(GRAVER_PREFIX "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(SHARED_DIR "${GRAVER_PREFIX}/core/shared")
set(IWASM_DIR "${GRAVER_PREFIX}/core/iwasm")

# Parts that are always there, or that only say how to build.
set(_graver_has
  AOT ALIAS_INTERPRETER BULK_MEMORY CPU EXTENDED_CONST_EXPR INVOKE_NATIVE_GENERAL LIBC_BUILTIN MULTI_MEMORY MULTI_MODULE PLATFORM
  REF_TYPES TARGET CONFIGURABLE_BOUNDS_CHECKS LOAD_CUSTOM_SECTION MODULE_INST_CONTEXT SPEC_TEST STACK_GUARD_SIZE SANITIZER)
set(_graver_needs "@PRIVATE@")
if(_graver_needs)
  # Not a board.
  list(APPEND _graver_has LIBC_WASI LIB_PTHREAD LIB_PTHREAD_SEMAPHORE LIB_WASI_THREADS SHARED_MEMORY THREAD_MGR)
endif()
get_cmake_property(_graver_variables VARIABLES)
foreach(_graver_variable IN LISTS _graver_variables)
  if(_graver_variable MATCHES "^WAMR_BUILD_(.+)$" AND NOT CMAKE_MATCH_1 IN_LIST _graver_has)
    if(${_graver_variable})
      message(WARNING "${_graver_variable}=${${_graver_variable}} has no effect: Graver runs images of `graver compile` only, without this part")
    endif()
  endif()
endforeach()

include_directories("${GRAVER_PREFIX}/include" "${GRAVER_PREFIX}/include/samples-compat")
# Whatever is linked from here on needs it; targets list the sources below, so there must be one.
link_libraries("${GRAVER_PREFIX}/lib/libgraver.a")
separate_arguments(_graver_needs)
link_libraries(${_graver_needs})
set(WAMR_RUNTIME_LIB_SOURCE "${GRAVER_PREFIX}/build-scripts/vmlib.c")
