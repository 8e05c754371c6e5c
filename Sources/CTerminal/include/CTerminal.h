// ncurses with wide characters, and the macros of it that Swift cannot see.
#ifndef LATHE_CTERMINAL_H
#define LATHE_CTERMINAL_H
#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#endif
