-- Levels 4 and 5 count as a good level of cooperation in the published share.
select
    trimestre,
    sum(nombre) filter (where modalite in ('4', '5')) as nombre,
    max(denominateur) as denominateur,
    sum(nombre) filter (where modalite in ('4', '5'))::numeric / max(denominateur) as part
from marts.bilan_gouvernance
where niveau = 'france' and question = 'niveau_cooperation'
group by trimestre
