package io.portward.config.yaml;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/**
 * Values under names that the operator chooses.
 *
 * @param names what the names are; two that read the same are an error
 * @param words for the reference, before the words for the element
 */
record MapType<T>(ScalarType<String> names, ValueType<T> element, String words) implements ValueType<Map<String, T>> {

    /** Names of the operator's own. */
    MapType(ValueType<T> element) {
        this(Scalars.KEY, element, "names of your own, each with ");
    }

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
            String name = entry.getKey();
            try {
                name = names.parser().parse(name, at);
            } catch (IllegalArgumentException e) {
                at.error(entry.getValue().getKeyNode(), String.valueOf(e.getMessage()));
            }
            if (values.put(name, element.read(entry.getValue().getValueNode(), at, null)) != null) {
                at.error(entry.getValue().getKeyNode(), "'" + name + "' is given twice");
            }
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
        Object pattern = names.schema(definitions).getOrDefault("pattern", "");
        return Scalars.ordered(
                "type",
                "object",
                "propertyNames",
                Map.of("pattern", pattern),
                "additionalProperties",
                element.schema(definitions));
    }
}
