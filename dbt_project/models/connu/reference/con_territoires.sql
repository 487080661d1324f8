{{ config(materialized='historique') }}
-- depends_on: {{ ref('instant') }}

select
    *,
    -- Kept with the name: readers of the past have no right to the functions.
    {{ function('nom_distinctif') }}(nom) as nom_distinctif
from {{ ref('ref_territoires') }}
