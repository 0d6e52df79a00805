package io.portward.core.http1;

import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.Http2Origin;
import io.portward.testkit.Http2Origin.Frame;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.EOFException;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Servers that do frame by frame what a test says, and a proxy in front of them. */
final class Http2Origins {

    /** Follows a connection's frames; it ends with an exception when the proxy closes. */
    interface Script {
        void serve(Http2Origin origin) throws Exception;
    }

    private Http2Origins() {}

    static ScriptedUpstream h2c(Script script, int... settings) throws IOException {
        return ScriptedUpstream.start(connection -> follow(connection, script, settings));
    }

    static void follow(RawClient connection, Script script, int... settings) throws Exception {
        try {
            script.serve(new Http2Origin(connection, settings));
        } catch (EOFException closed) {
            // The proxy may end a connection at any time.
            connection.close();
        }
    }

    /** @param keys more keys of the backend, each with a comma before it */
    static HttpsPort start(DataPlaneExtension proxies, String keys, ScriptedUpstream... servers) {
        String list =
                Stream.of(servers).map(server -> '"' + server.address() + '"').collect(Collectors.joining(", "));
        return HttpsPort.backend(proxies, "servers: [" + list + "], protocol: h2c" + keys);
    }

    static Reply send(HttpsPort port, String request) throws IOException {
        try (RawClient client = port.connect()) {
            client.send(request);
            return Reply.read(client);
        }
    }

    static void answerAll(Http2Origin origin) throws Exception {
        while (true) {
            Frame frame = origin.next();
            if (frame.ends()) {
                origin.answer(frame.stream(), "ok");
            }
        }
    }
}
