/*
 * handshake-load: opens TLS connections as fast as it is allowed to and says what they cost in time.
 *
 * One connection is: TCP connect, TLS handshake, one GET with "Connection: close", the response read to the
 * end of the TLS stream, close. Every thread has one connection at a time and blocks in it, so the number of
 * threads is the number of connections in flight. Latency runs from before connect() to the last body byte.
 *
 * With --resumed every connection offers the newest ticket that its thread was given. TLS 1.3 tickets come
 * after the handshake (from some servers only with the first application data), therefore the session is taken
 * from OpenSSL's new-session callback while the response is read, not from the state after the handshake.
 *
 * The server closes first, so TIME_WAIT stays on its side and the ephemeral ports of this side do not run out.
 *
 * Prints one JSON object. Exit status: 0 all connections were good, 1 some were not, 2 usage.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A server that answers nothing for this long has failed. */
#define IO_TIMEOUT_SECONDS 10
/* A thread that sees this many failures in a row stops: the server is gone, and spinning would not help. */
#define FAILURES_IN_A_ROW 50
#define RESPONSE_HEAD_BYTES 8192
#define READ_BYTES 16384

static struct options {
    struct sockaddr_in address;
    const char *sni;
    const char *path;
    const char *ca;
    const char *group;
    const char *cipher12;
    const char *cipher13;
    int version;
    bool resumed;
    int threads;
    long count;
    double seconds;
} options = {
    .sni = "localhost",
    .path = "/",
    .group = "X25519:P-256", /* X25519 is what gets used; TLS 1.2 needs the curve of an ECDSA certificate, too */
    .cipher12 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    .cipher13 = "TLS_AES_128_GCM_SHA256",
    .version = TLS1_3_VERSION,
    .threads = 16,
};

enum outcome { GOOD, CONNECT_FAILED, HANDSHAKE_FAILED, RESPONSE_FAILED, OUTCOMES };

struct worker {
    pthread_t thread;
    SSL_CTX *ctx;
    SSL_SESSION *ticket; /* newest one, owned */
    uint32_t *latencies; /* microseconds, owned */
    size_t good, capacity;
    long outcomes[OUTCOMES];
    long resumed, unclean, primed;
    char first_error[200];
    char negotiated[120];
};

static atomic_long connections_left;
static pthread_barrier_t all_primed;
static uint64_t started_us, deadline_us; /* written by one thread between the two barriers */
static char request[1024];

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void die(const char *what) {
    fprintf(stderr, "handshake-load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static void note_error(struct worker *w, const char *where) {
    if (w->first_error[0] == 0) {
        unsigned long code = ERR_peek_error();
        const char *system = errno != 0 ? strerror(errno) : "not a complete 200 with Content-Length";
        const char *reason = code != 0 ? ERR_reason_error_string(code) : system;
        snprintf(w->first_error, sizeof w->first_error, "%s: %s", where, reason != NULL ? reason : "unknown");
    }
    ERR_clear_error();
}

static int remember_ticket(SSL *ssl, SSL_SESSION *session) {
    struct worker *w = SSL_get_app_data(ssl);
    SSL_SESSION_free(w->ticket);
    w->ticket = session;
    return 1; /* the reference is kept */
}

static SSL_CTX *new_context(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, options.version) != 1
        || SSL_CTX_set_max_proto_version(ctx, options.version) != 1
        || SSL_CTX_set1_groups_list(ctx, options.group) != 1
        || SSL_CTX_set_cipher_list(ctx, options.cipher12) != 1
        || SSL_CTX_set_ciphersuites(ctx, options.cipher13) != 1) {
        die("cannot configure TLS");
    }
    /* One read() per flight in place of two per record: the generator must cost less than what it measures. */
    SSL_CTX_set_read_ahead(ctx, 1);
    if (options.ca != NULL) {
        if (SSL_CTX_load_verify_locations(ctx, options.ca, NULL) != 1) {
            die("cannot read the CA file");
        }
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    }
    if (options.resumed) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, remember_ticket);
    } else {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    }
    return ctx;
}

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    struct timeval limit = {.tv_sec = IO_TIMEOUT_SECONDS};
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0
        || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0
        || connect(fd, (struct sockaddr *)&options.address, sizeof options.address) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Length of the body that a complete response head announces; -1 when it is no 200 or announces none. */
static long announced_length(const char *head) {
    if (strncmp(head, "HTTP/1.1 200", 12) != 0) {
        return -1;
    }
    const char *field = strcasestr(head, "\r\nContent-Length:");
    return field == NULL ? -1 : strtol(field + strlen("\r\nContent-Length:"), NULL, 10);
}

/* A TCP end without close_notify. Counted and not refused, because HTTP/1.1 knows the body's length. */
static bool bare_fin(void) {
    bool is = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (is) {
        ERR_clear_error();
    }
    return is;
}

/* Reads to the end of the TLS stream. Sets *done_us when the last body byte was there. */
static bool read_response(struct worker *w, SSL *ssl, uint64_t *done_us) {
    char head[RESPONSE_HEAD_BYTES + 1];
    char data[READ_BYTES];
    size_t head_bytes = 0;
    long body = 0, expected = -1;
    for (;;) {
        int n = SSL_read(ssl, data, sizeof data);
        if (n <= 0) {
            bool notified = SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
            if (!(notified || bare_fin()) || expected < 0 || body != expected) {
                return false;
            }
            w->unclean += !notified;
            return true;
        }
        if (expected < 0) {
            size_t take = (size_t)n < RESPONSE_HEAD_BYTES - head_bytes ? (size_t)n : RESPONSE_HEAD_BYTES - head_bytes;
            memcpy(head + head_bytes, data, take);
            head_bytes += take;
            head[head_bytes] = 0;
            char *end = strstr(head, "\r\n\r\n");
            if (end == NULL && head_bytes < RESPONSE_HEAD_BYTES) {
                continue;
            }
            expected = end == NULL ? -1 : announced_length(head);
            if (expected < 0) {
                return false;
            }
            /* What this read brought beyond the head is the body's beginning. */
            body = (long)(head_bytes - (size_t)(end + 4 - head)) + (long)((size_t)n - take);
        } else {
            body += n;
        }
        if (body >= expected && *done_us == 0) {
            *done_us = now_us();
        }
    }
}

static enum outcome exchange(struct worker *w, SSL *ssl, uint64_t *done_us) {
    if (SSL_connect(ssl) != 1) {
        note_error(w, "handshake");
        return HANDSHAKE_FAILED;
    }
    int length = (int)strlen(request);
    if (SSL_write(ssl, request, length) != length || !read_response(w, ssl, done_us)) {
        note_error(w, "response");
        return RESPONSE_FAILED;
    }
    return GOOD;
}

static enum outcome connect_once(struct worker *w, uint64_t *latency_us, bool *resumed) {
    uint64_t began = now_us(), done = 0;
    errno = 0;
    int fd = open_socket();
    if (fd < 0) {
        note_error(w, "connect");
        return CONNECT_FAILED;
    }
    SSL *ssl = SSL_new(w->ctx);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_set_tlsext_host_name(ssl, options.sni) != 1
        || SSL_set1_host(ssl, options.sni) != 1) {
        die("cannot set a connection up");
    }
    SSL_set_app_data(ssl, w);
    if (options.resumed && w->ticket != NULL && SSL_set_session(ssl, w->ticket) != 1) {
        die("cannot offer a ticket");
    }
    enum outcome outcome = exchange(w, ssl, &done);
    *resumed = SSL_session_reused(ssl) == 1;
    *latency_us = done - began;
    if (outcome == GOOD && w->negotiated[0] == 0) {
        const char *group = SSL_group_to_name(ssl, SSL_get_negotiated_group(ssl));
        snprintf(w->negotiated, sizeof w->negotiated, "%s %s %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl),
                 group != NULL ? group : "-");
    }
    /* Both directions are finished; without this OpenSSL would mark the session as not resumable. */
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
    close(fd);
    return outcome;
}

static void record(struct worker *w, uint64_t latency_us) {
    if (w->good == w->capacity) {
        w->capacity = w->capacity == 0 ? 4096 : w->capacity * 2;
        w->latencies = realloc(w->latencies, w->capacity * sizeof *w->latencies);
        if (w->latencies == NULL) {
            die("out of memory");
        }
    }
    w->latencies[w->good++] = (uint32_t)latency_us;
}

static bool may_go_on(void) {
    return options.count > 0 ? atomic_fetch_sub(&connections_left, 1) > 0 : now_us() < deadline_us;
}

static void *work(void *argument) {
    struct worker *w = argument;
    uint64_t latency;
    bool resumed;
    if (options.resumed) {
        /* The first ticket comes from a full handshake that is not part of the result. */
        w->outcomes[connect_once(w, &latency, &resumed)]++;
        w->outcomes[GOOD] = 0;
        w->primed++;
    }
    if (pthread_barrier_wait(&all_primed) == PTHREAD_BARRIER_SERIAL_THREAD) {
        started_us = now_us();
        deadline_us = started_us + (uint64_t)(options.seconds * 1e6);
    }
    pthread_barrier_wait(&all_primed);
    for (int failures = 0; failures < FAILURES_IN_A_ROW && may_go_on();) {
        enum outcome outcome = connect_once(w, &latency, &resumed);
        w->outcomes[outcome]++;
        failures = outcome == GOOD ? 0 : failures + 1;
        if (outcome == GOOD) {
            w->resumed += resumed;
            record(w, latency);
        }
    }
    return NULL;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(const uint32_t *sorted, size_t n, double share) {
    return n == 0 ? 0 : sorted[(size_t)((double)(n - 1) * share + 0.5)];
}

static int report(struct worker *workers, double elapsed) {
    struct worker sum = {0};
    const char *first_error = "", *negotiated = "";
    for (int i = 0; i < options.threads; i++) {
        struct worker *w = &workers[i];
        for (int o = 0; o < OUTCOMES; o++) {
            sum.outcomes[o] += w->outcomes[o];
        }
        sum.resumed += w->resumed;
        sum.primed += w->primed;
        sum.unclean += w->unclean;
        for (size_t k = 0; k < w->good; k++) {
            record(&sum, w->latencies[k]);
        }
        first_error = first_error[0] == 0 ? w->first_error : first_error;
        negotiated = negotiated[0] == 0 ? w->negotiated : negotiated;
    }
    if (sum.good > 0) {
        qsort(sum.latencies, sum.good, sizeof *sum.latencies, by_value);
    }
    long failed = sum.outcomes[CONNECT_FAILED] + sum.outcomes[HANDSHAKE_FAILED] + sum.outcomes[RESPONSE_FAILED];
    printf("{\"connections\": %zu, \"primed\": %ld, \"resumed\": %ld, \"seconds\": %.6f, \"rate\": %.2f, "
           "\"p50_us\": %u, \"p90_us\": %u, \"p99_us\": %u, \"max_us\": %u, \"errors\": %ld, "
           "\"connect_failed\": %ld, \"handshake_failed\": %ld, \"response_failed\": %ld, "
           "\"no_close_notify\": %ld, \"first_error\": \"%s\", \"negotiated\": \"%s\"}\n",
           sum.good, sum.primed, sum.resumed, elapsed, (double)sum.good / elapsed,
           percentile(sum.latencies, sum.good, 0.50), percentile(sum.latencies, sum.good, 0.90),
           percentile(sum.latencies, sum.good, 0.99), percentile(sum.latencies, sum.good, 1.0), failed,
           sum.outcomes[CONNECT_FAILED], sum.outcomes[HANDSHAKE_FAILED], sum.outcomes[RESPONSE_FAILED],
           sum.unclean, first_error, negotiated);
    free(sum.latencies);
    return failed == 0 && sum.good > 0 ? 0 : 1;
}

static void usage(void) {
    fputs("usage: handshake-load --port N (--count N | --seconds S) [--host ADDRESS] [--sni NAME] [--path PATH]\n"
          "         [--tls 1.2|1.3] [--mode full|resumed] [--threads N] [--group NAMES] [--ciphers NAMES] [--ca FILE]\n"
          "  --host     IPv4 address, default 127.0.0.1\n"
          "  --mode     full (default) or resumed: each connection offers the newest ticket of its thread\n"
          "  --threads  connections in flight, default 16\n"
          "  --group    key exchange groups, OpenSSL's names, default X25519:P-256\n"
          "  --ciphers  cipher suites of the version in use, default AES-128-GCM\n"
          "  --ca       check the server's chain and name against this CA; default: no check\n", stderr);
    exit(2);
}

static void parse(int argc, char **argv) {
    static const struct option names[] = {
        {"host", 1, 0, 'h'},    {"port", 1, 0, 'p'},  {"sni", 1, 0, 's'},     {"path", 1, 0, 'u'},
        {"tls", 1, 0, 't'},     {"mode", 1, 0, 'm'},  {"threads", 1, 0, 'c'}, {"group", 1, 0, 'g'},
        {"ciphers", 1, 0, 'x'}, {"ca", 1, 0, 'a'},    {"count", 1, 0, 'n'},   {"seconds", 1, 0, 'd'},
        {0, 0, 0, 0},
    };
    const char *host = "127.0.0.1", *ciphers = NULL;
    int port = 0, name;
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (name) {
            case 'h': host = optarg; break;
            case 'p': port = atoi(optarg); break;
            case 's': options.sni = optarg; break;
            case 'u': options.path = optarg; break;
            case 't':
                if (strcmp(optarg, "1.2") != 0 && strcmp(optarg, "1.3") != 0) usage();
                options.version = strcmp(optarg, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
                break;
            case 'm':
                if (strcmp(optarg, "full") != 0 && strcmp(optarg, "resumed") != 0) usage();
                options.resumed = strcmp(optarg, "resumed") == 0;
                break;
            case 'c': options.threads = atoi(optarg); break;
            case 'g': options.group = optarg; break;
            case 'x': ciphers = optarg; break;
            case 'a': options.ca = optarg; break;
            case 'n': options.count = atol(optarg); break;
            case 'd': options.seconds = atof(optarg); break;
            default: usage();
        }
    }
    if (optind != argc || port <= 0 || port > 65535 || options.threads < 1 || options.threads > 4096
        || (options.count > 0) == (options.seconds > 0)) {
        usage();
    }
    if (ciphers != NULL) {
        *(options.version == TLS1_2_VERSION ? &options.cipher12 : &options.cipher13) = ciphers;
    }
    options.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &options.address.sin_addr) != 1) {
        usage();
    }
}

int main(int argc, char **argv) {
    parse(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                          options.path, options.sni);
    if (length < 0 || (size_t)length >= sizeof request) {
        usage();
    }
    atomic_store(&connections_left, options.count);
    pthread_barrier_init(&all_primed, NULL, (unsigned)options.threads);
    struct worker *workers = calloc((size_t)options.threads, sizeof *workers);
    if (workers == NULL) {
        die("out of memory");
    }
    for (int i = 0; i < options.threads; i++) {
        workers[i].ctx = new_context();
    }
    for (int i = 0; i < options.threads; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            die("cannot start a thread");
        }
    }
    for (int i = 0; i < options.threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    int status = report(workers, (double)(now_us() - started_us) / 1e6);
    for (int i = 0; i < options.threads; i++) {
        SSL_SESSION_free(workers[i].ticket);
        SSL_CTX_free(workers[i].ctx);
        free(workers[i].latencies);
    }
    free(workers);
    pthread_barrier_destroy(&all_primed);
    return status;
}
