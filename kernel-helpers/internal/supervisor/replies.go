package supervisor

import (
	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// isCompleteReply returns the content of the reply to an is_complete request.
func isCompleteReply(r front.Request) map[string]string {
	var content struct {
		Code string `json:"code"`
	}
	if err := r.Decode(&content); err != nil {
		return map[string]string{"status": "unknown"}
	}
	status, indent := cell.Completeness(content.Code)
	if status == "incomplete" {
		return map[string]string{"status": status, "indent": indent}
	}
	return map[string]string{"status": status}
}

// kernelInfoReply returns the content of the reply to a kernel_info request:
// GoNB's own, completed as the protocol demands.
func kernelInfoReply(info jupyter.KernelInfo) (map[string]any, error) {
	content := map[string]any{}
	err := info.Raw.Decode(&content)
	if language, ok := content["language_info"].(map[string]any); ok {
		for _, name := range []string{"pygments_lexer", "codemirror_mode"} {
			if language[name] == "" { // which front ends take for Python
				language[name] = "go"
			}
		}
	}
	content["status"] = "ok"
	content["protocol_version"] = jupyter.ProtocolVersion
	content["debugger"] = true
	content["supported_features"] = []string{"debugger"}
	return content, err
}
