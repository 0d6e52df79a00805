package io.portward.core.http1;

import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** Answers each request with prepared bytes and remembers every byte it got. */
final class CannedOrigin implements AutoCloseable {

    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final UnaryOperator<String> answer;
    private final ScriptedUpstream server;

    private CannedOrigin(UnaryOperator<String> answer) throws IOException {
        this.answer = answer;
        this.server = ScriptedUpstream.start(this::serve);
    }

    /** The connection is closed after an answer that holds {@code Connection: close}. */
    static CannedOrigin answering(String response) throws IOException {
        return new CannedOrigin(request -> response);
    }

    static CannedOrigin answering(UnaryOperator<String> answer) throws IOException {
        return new CannedOrigin(answer);
    }

    private void serve(RawClient connection) throws IOException {
        for (String request = next(connection); request != null; request = next(connection)) {
            requests.add(request);
            String response = answer.apply(request);
            connection.send(response);
            if (response.contains("Connection: close")) {
                return;
            }
        }
    }

    /** Null when no further request comes whole: the proxy may end a connection at any time. */
    private static String next(RawClient connection) {
        try {
            String head = connection.readUntil("\r\n\r\n");
            String length = Reply.field(head, "content-length");
            if (length != null) {
                return head + new String(connection.read(Integer.parseInt(length)), StandardCharsets.ISO_8859_1);
            }
            return Reply.field(head, "transfer-encoding") == null ? head : head + chunkedBody(connection);
        } catch (IOException ended) {
            return null;
        }
    }

    /** As it is on the wire. */
    private static String chunkedBody(RawClient connection) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int size = -1;
        while (size != 0) {
            String line = connection.readUntil("\r\n");
            size = Integer.parseInt(line.trim(), 16);
            body.writeBytes(line.getBytes(StandardCharsets.ISO_8859_1));
            if (size > 0) {
                body.writeBytes(connection.read(size + 2));
            }
        }
        String line;
        do {
            line = connection.readUntil("\r\n");
            body.writeBytes(line.getBytes(StandardCharsets.ISO_8859_1));
        } while (!"\r\n".equals(line));
        return body.toString(StandardCharsets.ISO_8859_1);
    }

    String address() {
        return server.address();
    }

    int connections() {
        return server.accepted();
    }

    List<String> requests() {
        return requests;
    }

    /** The only request so far. */
    String request() {
        if (requests.size() != 1) {
            throw new AssertionError("not one request but " + requests);
        }
        return requests.get(0);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
