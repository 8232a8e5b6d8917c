# find_package(graver) defines graver::graver, the static library, and graver::shared where there is one.
get_filename_component(_graver_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET graver::graver)
  add_library(graver::graver STATIC IMPORTED)
  set_target_properties(graver::graver PROPERTIES
    IMPORTED_LOCATION "${_graver_prefix}/lib/libgraver.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_graver_prefix}/include")
  if(EXISTS "${_graver_prefix}/lib/libgraver.so")
    set_target_properties(graver::graver PROPERTIES INTERFACE_LINK_LIBRARIES "pthread;dl;m")
    add_library(graver::shared SHARED IMPORTED)
    set_target_properties(graver::shared PROPERTIES
      IMPORTED_LOCATION "${_graver_prefix}/lib/libgraver.so"
      INTERFACE_INCLUDE_DIRECTORIES "${_graver_prefix}/include")
  endif()
endif()
unset(_graver_prefix)
