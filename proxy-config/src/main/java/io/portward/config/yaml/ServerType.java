package io.portward.config.yaml;

import io.portward.config.model.ServerConfig;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** A server of a backend: {@code host:port}, or a mapping when it has a weight. */
final class ServerType implements ValueType<ServerConfig> {

    /** Equal shares unless somebody says otherwise. */
    private static final int DEFAULT_WEIGHT = 1;

    private static final Key<ServerConfig, ServerConfig> ADDRESS =
            Key.required("address", Scalars.SERVER_ADDRESS, s -> s, "host:port of the server.");

    private static final Key<ServerConfig, Integer> WEIGHT = Key.withDefault(
            "weight",
            Scalars.number(1, ServerConfig.MAX_WEIGHT),
            DEFAULT_WEIGHT,
            ServerConfig::weight,
            "Share of the traffic relative to the other servers of the backend.");

    static final Section<ServerConfig> LONG_FORM =
            new Section<>("server", "One server of a backend.", List.of(ADDRESS, WEIGHT), values -> {
                ServerConfig server = values.get(ADDRESS);
                return new ServerConfig(server.address(), server.host(), server.port(), values.get(WEIGHT));
            });

    @Override
    public ServerConfig read(Node node, Place place, @Nullable ServerConfig fallback) {
        return node instanceof MappingNode
                ? LONG_FORM.read(node, place, null)
                : Scalars.SERVER_ADDRESS.read(node, place, fallback);
    }

    @Override
    public ServerConfig standIn(Place place) {
        return Scalars.SERVER_ADDRESS.standIn(place);
    }

    @Override
    public Object tree(ServerConfig value) {
        return LONG_FORM.tree(value);
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        return Scalars.ordered(
                "anyOf", List.of(Scalars.SERVER_ADDRESS.schema(definitions), LONG_FORM.schema(definitions)));
    }
}
