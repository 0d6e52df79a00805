package io.portward.config.yaml;

import io.portward.config.model.PassthroughConfig;
import java.util.List;

/** The section {@code ports[].passthrough[]}. */
final class PassthroughKeys {

    private static final Key<PassthroughConfig, String> HOST = Key.required(
            "host",
            Scalars.HOST,
            PassthroughConfig::host,
            "Connections that ask for this server name in their ClientHello: an exact name, or *.example.com for one label below.");

    private static final Key<PassthroughConfig, String> BACKEND = Key.required(
            "backend",
            Scalars.NAME,
            PassthroughConfig::backend,
            "The backend that gets the connection as it comes, and has the certificate for the name.");

    static final Section<PassthroughConfig> SECTION = new Section<>(
            "passthrough",
            "A server name that is not terminated here.",
            List.of(HOST, BACKEND),
            v -> new PassthroughConfig(v.get(HOST), v.get(BACKEND)));

    private PassthroughKeys() {}
}
