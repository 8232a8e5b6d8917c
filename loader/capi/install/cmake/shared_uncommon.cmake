# The helpers of samples are in headers.
set(UNCOMMON_SHARED_SOURCE "")
