// The terminal through ncurses: its description, its modes and its input, and what a signal handler must do. What is drawn goes past
// curses as bytes.
#ifndef LATHE_CTERMINAL_H
#define LATHE_CTERMINAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What waiting ended with.
typedef enum {
  lathe_input_none,    // nothing yet, or a sequence to ignore
  lathe_input_char,    // `value` is a Unicode scalar
  lathe_input_key,     // `value` is a lathe_key
  lathe_input_mouse,   // column, row and `value`, a lathe_mouse
  lathe_input_resize,  // ask for the size again
  lathe_input_wake,    // lathe_terminal_wake was called
  lathe_input_stop,    // the process was asked to stop at the keyboard (SIGTSTP)
  lathe_input_end,     // the process was asked to end, or the terminal is gone
} lathe_input_kind;

typedef enum {
  lathe_key_up, lathe_key_down, lathe_key_left, lathe_key_right, lathe_key_home, lathe_key_end, lathe_key_page_up, lathe_key_page_down,
  lathe_key_backspace, lathe_key_delete, lathe_key_insert, lathe_key_enter, lathe_key_back_tab, lathe_key_escape,
  lathe_key_paste_begin, lathe_key_paste_end, lathe_key_function, // F1 is lathe_key_function + 1
} lathe_key;

typedef enum {
  lathe_mouse_press, lathe_mouse_release, lathe_mouse_drag, lathe_mouse_wheel_up, lathe_mouse_wheel_down, lathe_mouse_right, lathe_mouse_double,
} lathe_mouse;

typedef struct {
  lathe_input_kind kind;
  int32_t value;
  int32_t column, row;
  bool alt; // Escape came directly before the character
} lathe_input;

// Starts curses on standard input and output. Returns NULL, or what is wrong.
const char *lathe_terminal_start(bool mouse);
// Gives the terminal back as it was. Harmless when it was never started.
void lathe_terminal_end(void);
// Stops the process as Ctrl-Z does and comes back when it is continued.
void lathe_terminal_suspend(void);
void lathe_terminal_size(int *width, int *height);
// A number, a flag or a string of the terminal's description, by its name in terminfo; 0, false or NULL where it has none.
int lathe_terminal_number(const char *name);
bool lathe_terminal_flag(const char *name);
const char *lathe_terminal_text(const char *name);
void lathe_terminal_set_mouse(bool on);
void lathe_terminal_show_cursor(bool shown);
// Bytes for the terminal; curses draws nothing itself.
void lathe_terminal_write(const char *bytes, size_t count);
// Waits for input, a signal or a wake, whichever is first.
lathe_input lathe_terminal_wait(void);
// May be called from any thread.
void lathe_terminal_wake(void);
// Whether the locale's characters are UTF-8; sets the locale from the environment.
bool lathe_locale_is_utf8(void);
#endif
