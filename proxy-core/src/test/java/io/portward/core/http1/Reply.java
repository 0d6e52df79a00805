package io.portward.core.http1;

import io.portward.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A response as a client without any library reads it.
 *
 * @param head status line and header section with the empty line
 * @param body decoded when it was chunked
 * @param trailers the trailer section of a chunked body, without its empty line
 */
record Reply(String head, String body, String trailers) {

    /** One response to a request that was not HEAD. */
    static Reply read(RawClient client) throws IOException {
        return read(client, false);
    }

    /** The next final response; 1xx ones before it are skipped. */
    static Reply readFinal(RawClient client) throws IOException {
        Reply reply = read(client);
        return reply.status() < 200 ? readFinal(client) : reply;
    }

    static Reply read(RawClient client, boolean toHead) throws IOException {
        String head = client.readUntil("\r\n\r\n");
        Reply bare = new Reply(head, "", "");
        int status = bare.status();
        if (toHead || status < 200 || status == 204 || status == 304) {
            return bare;
        }
        if ("chunked".equals(bare.header("transfer-encoding"))) {
            return chunked(head, client);
        }
        String length = bare.header("content-length");
        byte[] body = length == null ? client.readAll() : client.read(Integer.parseInt(length));
        return new Reply(head, text(body), "");
    }

    private static Reply chunked(String head, RawClient client) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(client.readUntil("\r\n").trim(), 16);
            if (size == 0) {
                break;
            }
            body.write(client.read(size));
            client.readUntil("\r\n");
        }
        StringBuilder trailers = new StringBuilder();
        for (String line = client.readUntil("\r\n"); !"\r\n".equals(line); line = client.readUntil("\r\n")) {
            trailers.append(line);
        }
        return new Reply(head, text(body.toByteArray()), trailers.toString());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    int status() {
        return Integer.parseInt(head.substring(9, 12));
    }

    /** The value of the first field with this name, null without one. */
    String header(String name) {
        return field(head, name);
    }

    /** As {@link #header}, of any header section. */
    static String field(String head, String name) {
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
                return line.substring(name.length() + 1).trim();
            }
        }
        return null;
    }
}
