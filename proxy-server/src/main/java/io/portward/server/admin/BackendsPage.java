package io.portward.server.admin;

import io.portward.core.observe.ServerState;
import io.portward.server.logging.JsonText;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@code /backends} shows: JSON with one line for each server, so that people and {@code grep} can read it too. */
final class BackendsPage {

    static final String CONTENT_TYPE = "application/json";

    private BackendsPage() {}

    static String of(List<ServerState> servers) {
        return servers.stream()
                .map(BackendsPage::line)
                .collect(Collectors.joining(",\n", "{\"servers\": [\n", "\n]}\n"));
    }

    private static String line(ServerState state) {
        return "  {\"backend\": " + JsonText.quote(state.backend())
                + ", \"server\": " + JsonText.quote(state.server())
                + ", \"state\": "
                + JsonText.quote(state.condition().name().toLowerCase(Locale.ROOT))
                + ", \"since\": " + JsonText.quote(state.since().toString())
                + ", \"reason\": " + JsonText.quote(state.reason()) + "}";
    }
}
