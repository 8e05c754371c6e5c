// Versions of libc's functions that glibc has had from its first x86-64 release on: what is linked on this machine runs on older ones.
// A function that is not used is not asked for.
#ifndef LATHE_OLD_LIBC_H
#define LATHE_OLD_LIBC_H
#if defined(__x86_64__) && defined(__linux__) && defined(LATHE_ARCHIVE)
#define LATHE_OLD(name) __asm__(".symver " #name "," #name "@GLIBC_2.2.5");
LATHE_OLD(dladdr) LATHE_OLD(dlopen) LATHE_OLD(dlsym)
LATHE_OLD(pthread_create) LATHE_OLD(pthread_once) LATHE_OLD(pthread_sigmask)
LATHE_OLD(pthread_rwlock_init) LATHE_OLD(pthread_rwlock_destroy) LATHE_OLD(pthread_rwlock_rdlock) LATHE_OLD(pthread_rwlock_wrlock)
LATHE_OLD(pthread_rwlock_unlock)
LATHE_OLD(pthread_attr_init) LATHE_OLD(pthread_attr_destroy) LATHE_OLD(pthread_attr_setdetachstate)
LATHE_OLD(pthread_key_create) LATHE_OLD(pthread_setspecific) LATHE_OLD(pthread_getspecific)
LATHE_OLD(exp) LATHE_OLD(exp2) LATHE_OLD(log) LATHE_OLD(log2) LATHE_OLD(pow) LATHE_OLD(fmod)
LATHE_OLD(expf) LATHE_OLD(exp2f) LATHE_OLD(logf) LATHE_OLD(log2f) LATHE_OLD(powf) LATHE_OLD(fmodf)
__asm__(".symver __isoc23_strtol,strtol@GLIBC_2.2.5");
#undef LATHE_OLD
#endif
#endif
