#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CTerminal.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

// A process has one controlling terminal and one set of signal handlers; this is their state.
static SCREEN *screen;
// Input is read through a pad: reading through a window would draw that window first, and curses draws nothing here.
static WINDOW *keyboard;
static struct termios saved;
static volatile sig_atomic_t active, mouse_on, stop_asked, continued, end_asked, resized;
static int wake_pipe[2] = {-1, -1};

enum { key_paste_begin = KEY_MAX - 2, key_paste_end = KEY_MAX - 1 };

static void write_all(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t n = write(STDOUT_FILENO, bytes, count);
    if (n < 0 && errno == EAGAIN) {
      struct pollfd file = {.fd = STDOUT_FILENO, .events = POLLOUT};
      poll(&file, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      return;
    }
    if (n > 0) { bytes += n; count -= (size_t)n; }
  }
}
static void write_text(const char *text) { write_all(text, strlen(text)); }

bool lathe_locale_is_utf8(void) {
  setlocale(LC_ALL, "");
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

// MARK: Signals

// Async-signal-safe: only write, tcsetattr and re-raising.
static void on_crash(int number) {
  if (active) {
    active = 0;
    write_text("\033[?1002l\033[?1006l\033[?1000l\033[?2004l\033[0m\033[?25h\033[?1049l\r\n");
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
  }
  signal(number, SIG_DFL);
  raise(number);
}
static void wake(void) {
  char byte = 0;
  int error = errno;
  if (write(wake_pipe[1], &byte, 1) < 0) { /* full: a wake is already on its way */ }
  errno = error;
}
static void on_end(int number) { (void)number; end_asked = 1; wake(); }
static void on_stop(int number) { (void)number; stop_asked = 1; wake(); }
static void on_continue(int number) { (void)number; continued = 1; wake(); }
static void on_resize(int number) { (void)number; resized = 1; wake(); }

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}
static void install_handlers(void) {
  static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGTRAP, SIGFPE, SIGQUIT};
  for (unsigned i = 0; i < sizeof crashes / sizeof *crashes; i++) handle(crashes[i], on_crash, (int)SA_NODEFER);
  handle(SIGTERM, on_end, 0);
  handle(SIGHUP, on_end, 0);
  handle(SIGINT, on_end, 0);
  handle(SIGTSTP, on_stop, 0);
  handle(SIGWINCH, on_resize, 0);
  handle(SIGPIPE, SIG_IGN, 0);
}

/// Stops the process group as the terminal's own Ctrl-Z would, and returns when it goes on. The signal may be taken by any thread,
/// and so later than `kill` returns: the handler is put back only after SIGCONT. A group without a shell to continue it is never
/// stopped (POSIX discards the signal); the wait ends then too.
static void stop_and_wait(void) {
  struct pollfd wakes = {.fd = wake_pipe[0], .events = POLLIN};
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
  continued = 0;
  handle(SIGCONT, on_continue, 0);
  handle(SIGTSTP, SIG_DFL, 0);
  kill(0, SIGTSTP);
  time_t end = time(NULL) + 2;
  while (!continued && time(NULL) < end) {
    char bytes[64];
    if (poll(&wakes, 1, 20) > 0)
      while (read(wake_pipe[0], bytes, sizeof bytes) > 0) {}
  }
  handle(SIGTSTP, on_stop, 0);
  handle(SIGCONT, SIG_DFL, 0);
}

// MARK: Keys

/// Cursor keys in both of their forms. A terminal in application mode sends the one with `O`; some never leave the other, and what is
/// replayed by hand or by a multiplexer may be either. The terminal's description names only one.
static void define_cursor_keys(void) {
  static const struct { char final; int key; } keys[] = {
    {'A', KEY_UP}, {'B', KEY_DOWN}, {'C', KEY_RIGHT}, {'D', KEY_LEFT}, {'H', KEY_HOME}, {'F', KEY_END},
  };
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
    char normal[] = {27, '[', keys[i].final, 0}, application[] = {27, 'O', keys[i].final, 0};
    define_key(normal, keys[i].key);
    define_key(application, keys[i].key);
  }
}

// MARK: Modes

static void modes_on(void) {
  write_text("\033[?2004h");
  lathe_terminal_set_mouse(mouse_on);
}
static void modes_off(void) {
  if (mouse_on) write_text("\033[?1002l");
  write_text("\033[?2004l");
}

void lathe_terminal_set_mouse(bool on) {
  mouse_on = on;
  mousemask(on ? ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION : 0, NULL);
  // Curses asks for presses alone; 1002 adds motion while a button is down.
  write_text(on ? "\033[?1002h" : "\033[?1002l");
}

const char *lathe_terminal_start(bool mouse) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return "standard input and output are not a terminal";
  if (tcgetattr(STDIN_FILENO, &saved) != 0) return "the terminal's settings cannot be read";
  if (wake_pipe[0] < 0) {
    if (pipe(wake_pipe) != 0) return "no pipe can be made";
    for (int i = 0; i < 2; i++) {
      fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK);
      fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
    }
  }
  use_env(TRUE);
  set_escdelay(25);
  screen = newterm(NULL, stdout, stdin);
  if (screen == NULL) return "the terminal type in TERM is not known to this system";
  set_term(screen);
  const char *place = lathe_terminal_text("cup");
  if (place == NULL || strncmp(place, "\033[%i%p1%d;%p2%dH", 16) != 0) {
    endwin();
    delscreen(screen);
    screen = NULL;
    return "the terminal type in TERM does not take the control sequences of ECMA-48, as xterm and its kin do";
  }
  keyboard = newpad(1, 1);
  raw();
  noecho();
  nonl();
  keypad(keyboard, TRUE);
  nodelay(keyboard, TRUE);
  refresh();
  curs_set(0);
  mouseinterval(0);
  define_cursor_keys();
  define_key("\033[200~", key_paste_begin);
  define_key("\033[201~", key_paste_end);
  install_handlers();
  active = 1;
  mouse_on = mouse;
  modes_on();
  return NULL;
}

void lathe_terminal_end(void) {
  if (!active) return;
  modes_off();
  mousemask(0, NULL);
  curs_set(1);
  // A terminal that was resized meanwhile may bring back fewer rows than it has now; what is left of these must be blank.
  write_text("\033[m\033[H\033[2J");
  endwin();
  active = 0;
  delwin(keyboard);
  delscreen(screen);
  screen = NULL;
  tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

void lathe_terminal_suspend(void) {
  bool mouse = mouse_on;
  modes_off();
  mousemask(0, NULL);
  curs_set(1);
  endwin();
  stop_and_wait();
  stop_asked = 0;
  mouse_on = mouse;
  refresh();
  curs_set(0);
  modes_on();
  resized = 1;
  wake();
}

void lathe_terminal_size(int *width, int *height) { getmaxyx(stdscr, *height, *width); }
int lathe_terminal_number(const char *name) {
  int number = tigetnum(name);
  return number > 0 ? number : 0;
}
bool lathe_terminal_flag(const char *name) { return tigetflag(name) > 0; }
const char *lathe_terminal_text(const char *name) {
  const char *text = tigetstr(name);
  return text == (const char *)-1 ? NULL : text;
}

// MARK: Drawing

void lathe_terminal_show_cursor(bool shown) { curs_set(shown ? 1 : 0); }
void lathe_terminal_write(const char *bytes, size_t count) { write_all(bytes, count); }

// MARK: Input

void lathe_terminal_wake(void) { wake(); }

static lathe_input key_input(wint_t code) {
  lathe_input input = {.kind = lathe_input_key};
  switch (code) {
    case KEY_UP: input.value = lathe_key_up; break;
    case KEY_DOWN: input.value = lathe_key_down; break;
    case KEY_LEFT: input.value = lathe_key_left; break;
    case KEY_RIGHT: input.value = lathe_key_right; break;
    case KEY_HOME: case KEY_FIND: input.value = lathe_key_home; break;
    case KEY_END: case KEY_SELECT: input.value = lathe_key_end; break;
    case KEY_PPAGE: input.value = lathe_key_page_up; break;
    case KEY_NPAGE: input.value = lathe_key_page_down; break;
    case KEY_BACKSPACE: input.value = lathe_key_backspace; break;
    case KEY_DC: input.value = lathe_key_delete; break;
    case KEY_IC: input.value = lathe_key_insert; break;
    case KEY_ENTER: input.value = lathe_key_enter; break;
    case KEY_BTAB: input.value = lathe_key_back_tab; break;
    case key_paste_begin: input.value = lathe_key_paste_begin; break;
    case key_paste_end: input.value = lathe_key_paste_end; break;
    default:
      if (code >= KEY_F(1) && code <= KEY_F(24)) input.value = lathe_key_function + (int32_t)(code - KEY_F(0));
      else input.kind = lathe_input_none;
  }
  return input;
}

static lathe_input mouse_input(void) {
  lathe_input input = {.kind = lathe_input_none};
  MEVENT event;
  if (getmouse(&event) != OK) return input;
  input.kind = lathe_input_mouse;
  input.column = event.x;
  input.row = event.y;
  if (event.bstate & BUTTON4_PRESSED) input.value = lathe_mouse_wheel_up;
  else if (event.bstate & BUTTON5_PRESSED) input.value = lathe_mouse_wheel_down;
  else if (event.bstate & REPORT_MOUSE_POSITION) input.value = lathe_mouse_drag;
  else if (event.bstate & (BUTTON1_DOUBLE_CLICKED)) input.value = lathe_mouse_double;
  else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) input.value = lathe_mouse_press;
  else if (event.bstate & BUTTON1_RELEASED) input.value = lathe_mouse_release;
  else if (event.bstate & BUTTON3_PRESSED) input.value = lathe_mouse_right;
  else input.kind = lathe_input_none;
  return input;
}

static bool read_key(lathe_input *input) {
  wint_t code;
  int status = wget_wch(keyboard, &code);
  if (status == ERR) return false;
  if (status == KEY_CODE_YES) {
    if (code == KEY_MOUSE) *input = mouse_input();
    else if (code == KEY_RESIZE) *input = (lathe_input){.kind = lathe_input_resize};
    else *input = key_input(code);
    return true;
  }
  if (code == 27) {
    // Alt and a letter come as Escape and the letter at once.
    status = wget_wch(keyboard, &code);
    if (status == OK && code != 27) *input = (lathe_input){.kind = lathe_input_char, .value = (int32_t)code, .alt = true};
    else *input = (lathe_input){.kind = lathe_input_key, .value = lathe_key_escape};
    return true;
  }
  *input = (lathe_input){.kind = lathe_input_char, .value = (int32_t)code};
  return true;
}

lathe_input lathe_terminal_wait(void) {
  lathe_input input = {.kind = lathe_input_none};
  for (;;) {
    if (end_asked) { input.kind = lathe_input_end; return input; }
    if (stop_asked) { stop_asked = 0; input.kind = lathe_input_stop; return input; }
    if (resized) {
      resized = 0;
      struct winsize size = {0, 0, 0, 0};
      if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) resize_term(size.ws_row, size.ws_col);
      input.kind = lathe_input_resize;
      return input;
    }
    if (read_key(&input)) return input;
    struct pollfd files[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = wake_pipe[0], .events = POLLIN}};
    if (poll(files, 2, -1) < 0) {
      if (errno == EINTR) continue;
      input.kind = lathe_input_end;
      return input;
    }
    if (files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) { input.kind = lathe_input_end; return input; }
    if (files[1].revents & POLLIN) {
      char bytes[64];
      while (read(wake_pipe[0], bytes, sizeof bytes) > 0) {}
      if (end_asked || stop_asked || resized) continue;
      input.kind = lathe_input_wake;
      return input;
    }
  }
}
