package io.portward.config.yaml;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/** Values under names that the operator chooses. */
record MapType<T>(ValueType<T> element) implements ValueType<Map<String, T>> {

    @Override
    public Map<String, T> read(Node node, Place place, @Nullable Map<String, T> fallback) {
        Map<String, T> values = new LinkedHashMap<>();
        if (Nodes.refusesTag(node, place)) {
            return values;
        }
        if (!(node instanceof MappingNode mapping)) {
            place.error(node, "expected names and their settings, found " + Nodes.describe(node));
            return values;
        }
        for (Map.Entry<String, NodeTuple> entry :
                Mappings.entries(mapping, place).entrySet()) {
            Place at = place.key(entry.getKey());
            at.locate(entry.getValue().getKeyNode());
            if (!Pattern.matches(Scalars.NAME_PATTERN, entry.getKey())) {
                at.error(
                        entry.getValue().getKeyNode(),
                        "this is not a name (expected: up to 63 letters, digits, '-', '_' or '.')");
            }
            values.put(entry.getKey(), element.read(entry.getValue().getValueNode(), at, null));
        }
        return values;
    }

    @Override
    public Map<String, T> standIn(Place place) {
        return Map.of();
    }

    @Override
    public Object tree(Map<String, T> value) {
        Map<String, Object> tree = new LinkedHashMap<>();
        value.forEach((name, item) -> tree.put(name, element.tree(item)));
        return tree;
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        return Scalars.ordered(
                "type", "object",
                "propertyNames", Map.of("pattern", Scalars.NAME_PATTERN),
                "additionalProperties", element.schema(definitions));
    }
}
