package io.portward.config.validate;

import io.portward.config.model.BackendConfig;
import io.portward.config.model.Configuration;
import io.portward.config.model.HealthConfig;
import io.portward.config.model.HealthType;
import io.portward.config.model.PassthroughConfig;
import io.portward.config.model.PortConfig;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rules for names that are passed through: who has them, and that nobody else waits for them. */
final class PassthroughRules {

    private PassthroughRules() {}

    static void check(PortConfig port, String path, Problems problems) {
        List<PassthroughConfig> entries = port.passthrough();
        for (int i = 0; i < entries.size(); i++) {
            String at = path + ".passthrough[" + i + "]";
            if (problems.isWrongWithin(at)) {
                continue;
            }
            String host = entries.get(i).host();
            int earlier = first(entries.subList(0, i), host);
            if (host.startsWith("[")) {
                problems.error(
                        at + ".host", "'" + host + "' is an address, and clients do not ask for those (RFC 6066)");
            } else if (earlier >= 0) {
                problems.warning(at, "never reached: passthrough[" + earlier + "] already takes every such connection");
            }
        }
        for (int i = 0; i < port.routes().size(); i++) {
            String host = port.routes().get(i).host();
            int taken = host == null ? -1 : first(entries, host);
            if (taken >= 0 && !problems.isWrongWithin(path + ".passthrough[" + taken + "]")) {
                problems.error(
                        path + ".routes[" + i + "].host",
                        "'" + host + "' never gets here: passthrough[" + taken + "] hands its connections on unopened");
            }
        }
    }

    /** The first of {@code entries} that takes everything {@code host} stands for, or -1. */
    private static int first(List<PassthroughConfig> entries, String host) {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).covers(host)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether somebody who asks {@code port} for {@code name} is handed on. */
    static boolean takes(PortConfig port, String name) {
        return first(port.passthrough(), name) >= 0;
    }

    /** What gets unopened connections has to speak TLS, and so hardly anything else can be sent to it. */
    static void checkBackends(Configuration configuration, Problems problems) {
        Set<String> unopened = new TreeSet<>();
        Set<String> opened = new TreeSet<>();
        for (PortConfig port : configuration.ports()) {
            port.passthrough().forEach(entry -> unopened.add(entry.backend()));
            Stream.concat(
                            Stream.ofNullable(port.backend()),
                            port.routes().stream().flatMap(route -> Stream.ofNullable(route.backend())))
                    .forEach(opened::add);
        }
        for (String name : unopened) {
            BackendConfig backend = configuration.backends().get(name);
            if (backend == null || problems.isWrongWithin("backends." + name)) {
                continue;
            }
            if (backend.effectiveTls() != null) {
                problems.error(
                        "backends." + name,
                        "wraps what it sends in TLS of its own ('tls', or protocol https or h2), and 'passthrough' sends the client's"
                                + " TLS; name the servers in a second backend without");
            } else if (opened.contains(name)) {
                problems.warning(
                        "backends." + name,
                        "gets TLS from 'passthrough' and what was inside TLS from 'routes' or 'backend'; few servers take both on"
                                + " one port");
            }
            checkHealth(name, backend.health(), problems);
        }
    }

    private static void checkHealth(String name, @Nullable HealthConfig health, Problems problems) {
        if (health != null && health.type() != HealthType.TCP) {
            problems.error(
                    "backends." + name + ".health.type",
                    "'" + health.type().name().toLowerCase(Locale.ROOT)
                            + "' asks in plain text, and 'passthrough' sends TLS to these servers; use tcp");
        }
    }
}
