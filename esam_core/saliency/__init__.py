"""What stands out in an image: saliency maps, and the masks that they prompt."""
