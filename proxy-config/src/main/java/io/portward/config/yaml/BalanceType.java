package io.portward.config.yaml;

import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.config.validate.NearestName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** How a backend's servers share its traffic: the name of a method, or a mapping that tells what is hashed. */
final class BalanceType implements ValueType<BalanceConfig> {

    private static final Map<String, BalanceConfig> METHODS = methods();

    static final ScalarType<BalanceConfig> METHOD = new ScalarType<>(
            "one of " + String.join(", ", METHODS.keySet()),
            "",
            Set.of(ScalarKind.TEXT),
            (text, place) -> parse(text),
            BalanceType::spell,
            BalanceConfig.ROUND_ROBIN,
            Map.of("enum", List.copyOf(METHODS.keySet())));

    private static final Key<BalanceConfig, BalanceConfig> HASH = Key.required(
            "hash",
            Scalars.HASHED,
            balance -> balance,
            "What decides: source (the client's address), header:NAME or cookie:NAME. Requests without it go anywhere.");

    static final Section<BalanceConfig> LONG_FORM = new Section<>(
            "balance",
            "The same client goes to the same server, as long as that one is there.",
            List.of(HASH),
            values -> values.get(HASH));

    private static Map<String, BalanceConfig> methods() {
        Map<String, BalanceConfig> methods = new LinkedHashMap<>();
        methods.put("roundRobin", BalanceConfig.ROUND_ROBIN);
        methods.put("leastRequests", new BalanceConfig(BalanceMethod.LEAST_REQUESTS, ""));
        methods.put("random", new BalanceConfig(BalanceMethod.RANDOM, ""));
        return methods;
    }

    private static BalanceConfig parse(String text) {
        BalanceConfig method = METHODS.get(text);
        if (method == null) {
            String hint = NearestName.hint(text, METHODS.keySet());
            throw new IllegalArgumentException("'" + text + "' is not known here"
                    + (hint.isEmpty() ? " (expected: " + String.join(", ", METHODS.keySet()) + ", {hash: …})" : hint));
        }
        return method;
    }

    private static String spell(BalanceConfig value) {
        return METHODS.entrySet().stream()
                .filter(method -> method.getValue().equals(value))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("");
    }

    @Override
    public BalanceConfig read(Node node, Place place, @Nullable BalanceConfig fallback) {
        return node instanceof MappingNode ? LONG_FORM.read(node, place, null) : METHOD.read(node, place, fallback);
    }

    @Override
    public BalanceConfig standIn(Place place) {
        return METHOD.standIn(place);
    }

    @Override
    public Object tree(BalanceConfig value) {
        return value.hash().isEmpty() ? METHOD.tree(value) : LONG_FORM.tree(value);
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        return Scalars.ordered("anyOf", List.of(METHOD.schema(definitions), LONG_FORM.schema(definitions)));
    }
}
