/** The explanations of strategies and spaces: text alone. */
import "../styles/prose.css";
