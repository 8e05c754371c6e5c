// ncurses with wide characters: what Swift cannot see of it (macros, variadic calls) and what a signal handler must do.
#ifndef LATHE_CTERMINAL_H
#define LATHE_CTERMINAL_H
#include <stdbool.h>
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

typedef enum {
  lathe_attr_bold = 1, lathe_attr_dim = 2, lathe_attr_underline = 4, lathe_attr_reverse = 8, lathe_attr_italic = 16,
} lathe_attr;

// Starts curses on standard input and output. Returns NULL, or what is wrong.
const char *lathe_terminal_start(bool mouse);
// Gives the terminal back as it was. Harmless when it was never started.
void lathe_terminal_end(void);
// Stops the process as Ctrl-Z does and comes back when it is continued.
void lathe_terminal_suspend(void);
void lathe_terminal_size(int *width, int *height);
// 0, 8, 16, 88, 256, ...
int lathe_terminal_colors(void);
void lathe_terminal_set_mouse(bool on);
// Colour numbers, -1 for the terminal's own. Returns the pair's number, or 0 when there is no room for another.
int lathe_terminal_pair(int foreground, int background);
// Forgets the pairs.
void lathe_terminal_reset_pairs(void);
// Puts a glyph (up to `count` scalars: a base and its combining marks).
void lathe_terminal_put(int column, int row, const uint32_t *scalars, int count, int attributes, int pair);
// Sends what changed; the cursor is shown at the place, or hidden where column < 0.
void lathe_terminal_flush(int column, int row);
// Forgets what the terminal shows, so that the next flush draws it all.
void lathe_terminal_redraw(void);
// Bytes that go past curses (OSC 52).
void lathe_terminal_write(const char *bytes, int count);
// Waits for input, a signal or a wake, whichever is first.
lathe_input lathe_terminal_wait(void);
// May be called from any thread.
void lathe_terminal_wake(void);
// Whether the locale's characters are UTF-8; sets the locale from the environment.
bool lathe_locale_is_utf8(void);
#endif
