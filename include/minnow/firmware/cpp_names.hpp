#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

/// Checks the names that generated C++ may use.
namespace minnow::detail {

/// Names that a namespace must not have: keywords of C++23 and their alternative spellings, names with a special
/// meaning, macros of the standard headers, and names that the standard headers declare outside std, including POSIX's
/// and GNU's. The names are in alphabetical order, with a space before and after each.
inline constexpr std::string_view reserved_names =
    " BIG_ENDIAN BYTE_ORDER LITTLE_ENDIAN MAXFLOAT PDP_ENDIAN P_tmpdir a64l abort abs access acos acosh adjtime alarm"
    " alignas aligned_alloc alignof alloca and and_eq asctime asctime_r asin asinh asm asprintf assert at_quick_exit "
    "atan"
    " atan2 atanh atexit atof atoi atol atoll auto basename bcmp bcopy bitand bitor bool break brk bsearch btowc bzero"
    " c16rtomb c32rtomb calloc canonicalize case catch cbrt ceil char char16_t char32_t char8_t chdir class clearenv"
    " clearerr clock clock_gettime clock_settime close co_await co_return co_yield compl concept confstr const "
    "const_cast"
    " consteval constexpr constinit continue contract_assert copysign cos cosh creat crypt ctermid ctime ctime_r "
    "cuserid"
    " daemon daylight decltype default defined delete difftime dirname div div_t do double dprintf drand48 drem dremf "
    "dup"
    " dup2 dynamic_cast dysize ecvt else encrypt enum environ erf erfc errno execv execve exit exp exp10 exp10f exp2"
    " explicit expm1 export extern fabs false fclose fcvt fd_set fdim fdopen feof ferror fflush ffs ffsl fgetc fgets "
    "fgetwc"
    " fgetws fileno final finite finitef float floor fma fmax fmaxmag fmemopen fmin fminmag fmod fopen for fork "
    "fpclassify"
    " fprintf fputc fputs fread free freopen frexp friend fscanf fseek fstat ftell ftruncate fwide fwrite gamma gammaf"
    " gammal gcvt getc getchar getcwd getdelim getenv getline getloadavg getopt getpayload getpid getppid gets "
    "getsubopt"
    " getuid getwc gmtime gmtime_r goto hypot i386 if ilogb import index initstate inline int isalnum isalpha isascii "
    "isatty"
    " isblank iscntrl isdigit isfinite isgraph isgreater isinf isinff isless islower isnan isnanf isnormal isprint "
    "ispunct"
    " issignaling isspace isunordered isupper isxdigit j0 j0f j1 j1f jn jnf kill l64a labs ldexp ldiv lgamma lgammaf "
    "lgammal"
    " link linux llabs lldiv llogb llrint llround localeconv localtime localtime_r lockf log log10 log1p log2 logb long"
    " longjmp lrint lround lseek lstat main malloc math_errhandling mblen mbrlen mbstowcs mbtowc memccpy memchr memcmp"
    " memcpy memmem memmove mempcpy memrchr memset minnow mkdtemp mkstemp mktemp mktime modf module mutable namespace "
    "nan"
    " nanosleep nearbyint new nextafter nextdown nextup nice noexcept not not_eq nullptr offsetof open operator or "
    "or_eq"
    " override pathconf pause pclose perror pipe popen posix posix_memalign pow pow10 printf private protected pselect"
    " public putc putchar putenv puts putwc pvalloc qecvt qsort qsort_r quick_exit raise rand rand_r random random_data"
    " rawmemchr read realloc realpath register reinterpret_cast remainder remove remquo rename requires return rewind "
    "rindex"
    " rint round roundeven rpmatch sbrk scalb scalbf scalbln scalbn scanf select setbuf setenv setjmp setkey setlocale"
    " setpayload setstate setvbuf short sigaction signal signbit signed signgam significand significandf sin sincos "
    "sincosf"
    " sinh sizeof sleep snprintf sprintf sqrt srand srandom sscanf stack_t stat static static_assert static_cast std "
    "stderr"
    " stdin stdout stime stpcpy stpncpy strcasecmp strcasestr strcat strchr strchrnul strcmp strcoll strcpy strcspn "
    "strdup"
    " strerror strftime strlen strncasecmp strncat strncmp strncpy strndup strpbrk strptime strrchr strsep strspn "
    "strstr"
    " strtod strtof strtok strtol strtold strtoll strtoul strtoull struct strxfrm swab switch swprintf swscanf sync "
    "sysconf"
    " system tan tanh template tempnam tgamma this thread_local throw time timegm timelocal timespec timeval timezone "
    "tm"
    " tmpfile tmpnam toascii tolower totalorder toupper towctrans towlower towupper true trunc truncate try ttyname "
    "typedef"
    " typeid typename tzname u_char u_int u_long u_short uint ulong ungetc ungetwc union unix unlink unsetenv unsigned"
    " ushort using usleep va_arg va_copy va_end va_start valloc vasprintf vdprintf vfprintf vfscanf virtual void "
    "volatile"
    " vprintf vscanf vsnprintf vsprintf vsscanf while wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf write wscanf xor"
    " xor_eq y0 y0f y1 y1f yn ynf ";

/// Returns true if a namespace may have this name: an identifier of ASCII letters, digits and underscores that is
/// neither reserved nor the name of a standard macro or type.
[[nodiscard]] constexpr bool is_namespace_name(std::string_view name) noexcept {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto character = [&](char c) { return (c >= 'a' && c <= 'z') || capital(c) || digit(c) || c == '_'; };
  if (name.empty() || digit(name[0]) || !std::all_of(name.begin(), name.end(), character)) return false;
  // In the global namespace, the implementation reserves names that begin with an underscore, and POSIX reserves names
  // that end with _t.
  if (name[0] == '_' || name.find("__") != std::string_view::npos || name.ends_with("_t")) return false;
  // Refuses macros such as INT8_MAX, UINT64_C and EOF.
  if (std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    for (const std::string_view macro :
         {"_MAX", "_MIN", "_C", "NULL", "EOF", "BUFSIZ", "EDOM", "ERANGE", "EILSEQ", "HUGE_VAL", "INFINITY", "NAN"})
      if (name.ends_with(macro)) return false;
  if (name.starts_with("M_")) return false;  // such as M_PI
  for (std::size_t at = reserved_names.find(name); at != std::string_view::npos; at = reserved_names.find(name, at + 1))
    if (reserved_names[at - 1] == ' ' && reserved_names[at + name.size()] == ' ') return false;
  return true;
}

}  // namespace minnow::detail
