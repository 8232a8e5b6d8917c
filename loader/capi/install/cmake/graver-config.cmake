# find_package(graver) defines graver::graver, the static library, and graver::shared where there is one.
get_filename_component(_graver_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET graver::graver)
  set(_graver_needs "@PRIVATE@")
  separate_arguments(_graver_needs)
  add_library(graver::graver STATIC IMPORTED)
  set_target_properties(graver::graver PROPERTIES
    IMPORTED_LOCATION "${_graver_prefix}/lib/libgraver.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_graver_prefix}/include"
    INTERFACE_LINK_LIBRARIES "${_graver_needs}")
  if(EXISTS "${_graver_prefix}/lib/libgraver.so")
    add_library(graver::shared SHARED IMPORTED)
    set_target_properties(graver::shared PROPERTIES
      IMPORTED_LOCATION "${_graver_prefix}/lib/libgraver.so"
      INTERFACE_INCLUDE_DIRECTORIES "${_graver_prefix}/include")
  endif()
endif()
unset(_graver_needs)
unset(_graver_prefix)
